import ArgumentParser
import Foundation
import MCLData
import MCLSupport

/// Which videos `evaluate` searches, and which it asks with.
struct EvaluationVideoOptions: ParsableArguments {
  @Option(help: "The folder of videos; class folders are the labels. By default the run's.") var data: String?
  @Option(
    help: "A list of the videos to train with, in any form that 'mclc train --list' takes; with --test-list.")
  var trainList: String?
  @Option(help: "A list of the videos to test with; of one in several parts the test part.") var testList:
    String?
  @Option(
    help: ArgumentHelp(
      """
      Without lists: a share of each class to test with, drawn by the seed, another folder of videos, or a list. 0.2 by \
      default, or what the run held back of the same videos.
      """, valueName: "list|folder|share"))
  var validate: String?
  @Option(help: "Which of HMDB51's splits, where the lists are its folder; 1 by default.") var split: Int?
}

/// The videos of an evaluation, checked before any is opened.
struct EvaluationSides {
  struct Side {
    var videos: VideoDataset
    /// The folder that they are read from.
    var folder: String
    /// Where they come from, in words.
    var origin: String
    /// SHA-256 of the list; nil without one.
    var listHash: String?
  }

  let training: Side
  let test: Side
  let classes: ClassTable
  /// The same videos as a training selects them: what is tested is what it holds back.
  let data: RunConfiguration.Data
  /// What a share to test with was drawn by.
  let seed: UInt64
  /// What a reader of the numbers has to know, a sentence each.
  let remarks: [String]

  /// - Throws: `UsageError` for videos that cannot be had, without labels, or of classes that are not trained with.
  init(
    _ options: EvaluationVideoOptions, run: (folder: String, configuration: RunConfiguration)?, seed: UInt64
  ) throws {
    guard (options.trainList == nil) == (options.testList == nil) else {
      throw UsageError("--train-list and --test-list go together; give both or none of them")
    }
    guard options.testList == nil || options.validate == nil else {
      throw UsageError("give --test-list or --validate, one of them")
    }
    let own = run?.configuration.data
    guard let folder = options.data ?? own?.folder else {
      throw UsageError("name the folder of videos with --data")
    }
    guard isFolder(folder) || !FileManager.default.fileExists(atPath: folder) else {
      throw UsageError("\(folder): it is a file; name a folder of videos")
    }
    let isOwn = own.map { absolutePath($0.folder) == absolutePath(folder) } ?? false
    var data = RunConfiguration.Data(
      folder: folder, list: options.trainList, part: "train", split: options.split ?? 1)
    data.validation = try options.testList.map { .list($0) } ?? options.validate.map { try .init($0) }
    let isHeldBack = isOwn && data.validation == nil && own?.validation != nil
    if let own, isOwn, data.list == nil {
      (data.list, data.part, data.split) = (own.list, own.part, own.split)
    }
    if isHeldBack { data.validation = own?.validation }
    let validation = data.validation ?? .share(0.2)
    data.validation = validation
    let drawn = isHeldBack ? Self.seed(of: run) ?? seed : seed
    (self.data, self.seed) = (data, drawn)
    let selection = try TrainingSelection(data, seed: drawn)
    classes = try selection.classes()
    guard case .videos(let training, let held?) = selection else {
      throw UsageError("\(folder): it holds no videos to test with; give --test-list or --validate")
    }
    let rest = data.list.map { "those of \($0)" } ?? "those of \(folder)"
    self.training = Side(
      videos: training, folder: folder, origin: rest + " that are not to test with",
      listHash: data.list.flatMap(Self.hash))
    test = Side(
      videos: held.videos, folder: Self.folder(of: validation) ?? folder,
      origin: Self.words(validation, seed: drawn), listHash: Self.list(of: validation).flatMap(Self.hash))
    // What a run was trained on it knows, with or without labels.
    let isSameList = own?.list.map(absolutePath) == data.list.map(absolutePath)
    let isSameSplit = own?.validation == validation.absolute && drawn == Self.seed(of: run) ?? drawn
    var remarks: [String] = []
    if isOwn, !(isSameList && (isSameSplit || options.testList != nil)) {
      remarks.append(
        "the run was trained on videos of the same folder, so that it may have seen videos to test with")
    }
    if options.trainList != nil {
      let both = try data.dataset().videos.count - training.videos.count
      if both > 0 { remarks.append("videos of both lists, which are to test with alone: \(both)") }
    }
    self.remarks = remarks
  }

  /// The seed that a run held videos back by.
  private static func seed(of run: (folder: String, configuration: RunConfiguration)?) -> UInt64? {
    run?.configuration.training["seed"].flatMap { UInt64($0) }
  }

  private static func folder(of validation: RunConfiguration.Data.Validation) -> String? {
    if case .folder(let folder) = validation { folder } else { nil }
  }

  private static func list(of validation: RunConfiguration.Data.Validation) -> String? {
    if case .list(let path) = validation { path } else { nil }
  }

  private static func words(_ validation: RunConfiguration.Data.Validation, seed: UInt64) -> String {
    switch validation {
    case .share(let share): "a share of \(share) of each class, drawn by seed \(seed)"
    case .list(let path): "those of \(path)"
    case .folder(let path): "those of \(path)"
    }
  }

  /// nil for a folder of lists.
  private static func hash(_ list: String) -> String? {
    isFolder(list) ? nil : FileManager.default.contents(atPath: list).map { SHA256.hexadecimal($0) }
  }
}
