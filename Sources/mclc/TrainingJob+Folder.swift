import Foundation
import MCLCommandSupport
import MCLCompiler
import MCLFrontend
import MCLGraph
import MCLParity
import MCLRuntime
import MCLSupport

/// What a training says of itself in its folder.
extension TrainingJob {
  /// Writes what the run is made of, so that its folder says it.
  func keep(
    _ module: Module, _ program: Graph, _ data: TrainingData, _ weights: Start?, step: Int,
    plan: ExecutionPlan,
    in folder: RunFolder
  ) throws {
    var changes = request.earlier?.changes ?? []
    if !request.changes.isEmpty {
      let values = Dictionary(
        request.changes.map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last })
      changes.append(RunConfiguration.Change(step: step, values: values))
      say(
        "mclc: from step \(step) on with \(values.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: ", "))"
      )
    }
    var settings = Dictionary(
      module.settings.map { ($0.key, $0.value) }, uniquingKeysWith: { _, last in last })
    // Numbers that no setting of the model gave.
    for (key, value) in inputChanges { settings[key] = value }
    for (key, value) in request.previous?.model.settings ?? [:] where settings[key] == nil {
      settings[key] = value
    }
    let model =
      try request.previous.map {
        RunConfiguration.Model(
          name: module.name, program: program.name, path: $0.model.path, hash: $0.model.hash,
          settings: settings)
      }
      ?? RunConfiguration.Model(
        name: module.name, program: program.name, path: absolutePath(request.model),
        hash: try ModelLoader.textHash(path: request.model), settings: settings)
    var versions = PlanChoices(plan).texts.filter { !["plan.kernels", "plan.features"].contains($0.key) }
    versions["mclc"] = MCLC.configuration.version
    var source = request.data
    source.folder = absolutePath(source.folder)
    source.list = source.list.map(absolutePath)
    source.validation = source.validation?.absolute
    source.neighbours = source.neighbours?.absolute
    let own = absolutePath(folder.file("motion"))
    let cache = absolutePath(request.cache ?? own)
    let configuration = RunConfiguration(
      model: model, recipe: request.recipe, training: self.settings.effective,
      schedules: self.settings.schedules.isEmpty ? nil : self.settings.scheduleTexts, data: source,
      motion: RunConfiguration.Motion(cache: cache == own ? "motion" : cache, flow: data.flow?.rawValue),
      initialWeights: weights.map { RunConfiguration.Weights(path: $0.path, hash: $0.hash) },
      changes: changes.isEmpty ? nil : changes, versions: versions)
    try configuration.write(in: folder.path)
    if request.previous == nil {
      try AtomicFile.write(module.text, to: folder.file(RunConfiguration.modelFile))
    }
  }
}
