import ArgumentParser
import Foundation
import MCLCommandSupport
import MCLData
import MCLSupport

/// Which videos `evaluate` searches, and which it asks with.
struct EvaluationVideoOptions: ParsableArguments {
  @Option(help: "The folder of videos; class folders are the labels. By default the run's.") var data: String?
  @Option(
    help: """
      A list of the videos to train with, in any form that 'mclc train --list' takes; with --test-list. Or a folder of \
      UCF101's or HMDB51's splits alone, which has both.
      """)
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
  @Option(help: "Which split, where the lists are a folder of UCF101's or HMDB51's; 1 by default.")
  var split: Int?
  @Option(
    help: ArgumentHelp(
      "Evaluate on several splits of such a folder, and average: all, or numbers with commas between.",
      valueName: "all|numbers"))
  var splits: String?

  /// The list of the videos to test with: that of the folder of splits where none is named.
  var testSource: String? { testList ?? trainList.flatMap { VideoList.splits(in: $0).isEmpty ? nil : $0 } }

  /// The splits to evaluate on one by one; nil where one evaluation is asked for.
  /// - Throws: `UsageError` for splits that are not there.
  func chosenSplits() throws -> [Int]? {
    guard let splits else { return nil }
    guard split == nil else { throw UsageError("give --split or --splits, one of them") }
    guard let trainList, let test = testSource else {
      throw UsageError(
        "--splits goes with a folder of UCF101's or HMDB51's splits: name it with --train-list")
    }
    let known = Set(VideoList.splits(in: trainList)).intersection(VideoList.splits(in: test)).sorted()
    guard !known.isEmpty else {
      throw UsageError(
        "\(trainList): it holds no splits of UCF101 (trainlist01.txt, testlist01.txt) or HMDB51 "
          + "(CLASS_test_split1.txt); name their folder with --train-list")
    }
    guard splits != "all" else { return known }
    let numbers = splits.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    let chosen = numbers.compactMap { $0 }
    guard chosen.count == numbers.count, Set(chosen).count == chosen.count else {
      throw UsageError("--splits \(splits): give all, or numbers with commas between, such as 1,2")
    }
    if let missing = chosen.first(where: { !known.contains($0) }) {
      throw UsageError(
        "--splits \(splits): \(trainList) holds no split \(missing), but "
          + known.map(String.init).joined(separator: ", "))
    }
    return chosen
  }
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
    let testList = options.testSource
    guard (options.trainList == nil) == (testList == nil) else {
      throw UsageError("--train-list and --test-list go together; give both or none of them")
    }
    guard testList == nil || options.validate == nil else {
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
    data.validation = try testList.map { .list($0) } ?? options.validate.map { try .init($0) }
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
    let rest = data.list.map { "those of \(Self.named($0, data.split))" } ?? "those of \(folder)"
    self.training = Side(
      videos: training, folder: folder, origin: rest + " that are not to test with",
      listHash: data.list.flatMap(Self.hash))
    test = Side(
      videos: held.videos, folder: Self.folder(of: validation) ?? folder,
      origin: Self.words(validation, seed: drawn, split: data.split),
      listHash: Self.list(of: validation).flatMap(Self.hash))
    // What a run was trained on it knows, with or without labels.
    let isSameList = own?.list.map(absolutePath) == data.list.map(absolutePath)
    let isSameSplit = own?.validation == validation.absolute && drawn == Self.seed(of: run) ?? drawn
    var remarks: [String] = []
    if isOwn, !(isSameList && (isSameSplit || testList != nil)) {
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

  /// A list, or which one of a folder of splits.
  private static func named(_ list: String, _ split: Int) -> String {
    VideoList.splits(in: list).isEmpty ? list : "split \(split) of \(list)"
  }

  private static func words(
    _ validation: RunConfiguration.Data.Validation, seed: UInt64, split: Int
  ) -> String {
    switch validation {
    case .share(let share): "a share of \(share) of each class, drawn by seed \(seed)"
    case .list(let path): "those of \(named(path, split))"
    case .folder(let path): "those of \(path)"
    }
  }

  /// nil for a folder of lists.
  private static func hash(_ list: String) -> String? {
    isFolder(list) ? nil : FileManager.default.contents(atPath: list).map { SHA256.hexadecimal($0) }
  }
}
