import ArgumentParser
import Foundation
import MCLCommandSupport
import MCLData
import MCLEvaluation
import MCLSupport

struct EmbedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "embed", abstract: "Writes the features of videos, as a network that was trained sees them.",
    discussion: paragraphs(
      """
      Each video is seen in several views: clips that are spread evenly over it, and crops of these. A program of the model
      gives a feature for each; the table has them all, and their mean. Labels of class folders and lists come along. A video
      that cannot be read is named, and left out.

        mclc embed runs/first --data videos -o features.safetensors
        mclc embed runs/first --data UCF-101 --list testlist01.txt --views 10x3 --resize 256 -o test.npy
        mclc embed weights.safetensors --model models/r2plus1d.mcl --set size=112 --data videos -o features.csv
        mclc embed --model models/tiny.mcl --init none --data videos -o random.safetensors

      In .safetensors stand 'clips' [videos, views, D] and 'features' [videos, D], the means; names, labels, classes and
      what made them are metadata. An .npy holds the clips, and a .json beside it the rest. A .csv has a row a video: name,
      label, means. Features of videos that are done are kept (--cache), so that a stopped call goes on where it was.

      \(MCLC.exitCodes)
      """))

  @OptionGroup var features: FeatureOptions
  @OptionGroup(title: "The videos") var videos: VideoOptions
  @OptionGroup(title: "Features and views") var views: ViewOptions
  @Option(name: .shortAndLong, help: "The file to write: .safetensors, .npy or .csv.") var out: String
  @Flag(help: "Print what was written as JSON; no progress.") var json = false

  func run() throws {
    try reporting {
      let signals = SignalWatch()
      try FeatureFile.checkEnding(out)
      try expectFolder(of: out)
      let job = try FeatureJob(
        features, views, cache: FilePath(out).stem.description + ".cache", signals: signals, isSilent: json)
      let data =
        try videos.data ?? job.run.map { $0.configuration.data.folder }
        ?? { throw UsageError("name the folder of videos with --data") }()
      let dataset = try dataset(in: data, of: job)
      for file in FeatureFile.files(of: out) {
        try expectDistinct(file, from: dataset.videos.map(\.path))
        try expectDistinct(
          file,
          from: [job.weights?.path, videos.list].compactMap { $0 } + (features.model.map(modelFiles) ?? []))
      }
      let table = try job.table(of: dataset, in: data, "to embed")
      guard table.count > 0 else {
        throw UsageError(
          "none of the \(table.unreadable.count) videos could be read; the first said: "
            + (table.unreadable.first?.reason ?? "nothing"))
      }
      signals.enter(.finishing)
      do { try FeatureFile.write(table, to: out) } catch let error as TensorFileError {
        throw UsageError(error.description)
      }
      if json {
        try printJSON([
          "file": out, "videos": table.count, "views": table.views, "width": table.width,
          "unreadable": table.unreadable.map { ["name": $0.name, "reason": $0.reason] },
          "weights": table.source.weights,
        ])
      }
      job.tell(
        "\(out): features of \(table.count) videos, \(table.views) views of \(table.width) numbers each")
    }
  }

  /// The videos of the options; without any, those of the run.
  private func dataset(in folder: String, of job: FeatureJob) throws -> VideoDataset {
    guard videos.data == nil, videos.list == nil, let own = job.run?.configuration.data else {
      return try RunConfiguration.Data(
        folder: folder, list: videos.list, part: videos.part ?? "train", split: videos.split ?? 1
      ).dataset()
    }
    return try own.dataset()
  }
}

/// Before minutes are spent on what cannot be written.
/// - Throws: `UsageError` where a file's folder is not there.
func expectFolder(of path: String) throws {
  let folder = (path as NSString).deletingLastPathComponent
  guard folder.isEmpty || isFolder(folder) else {
    throw UsageError("\(path): there is no folder \(folder); make it first")
  }
  guard !isFolder(path) else { throw UsageError("\(path): this is a folder; name a file in it") }
}
