import MCLData
import MCLGraph
import MCLSupport

/// One sample of a run: which of the data set's, for which epoch.
package struct Sample: Sendable, Hashable {
  /// The number in the data set, from 0; not its place in the epoch's order.
  package var number: Int
  /// From 1.
  package var epoch: Int

  package init(number: Int, epoch: Int) { (self.number, self.epoch) = (number, epoch) }
}

/// Gives those inputs of a program that name it as their source. One file each, and one line in `FeederRegistry`.
///
/// Which sample is drawn when, what becomes of samples that fail, workers and resuming are `DeclaredBatches`' business.
package protocol Feeder: Sendable {
  /// What programs call it.
  static var name: String { get }
  /// The fields that it gives.
  static var fields: [String] { get }
  /// What it wants of the data to give these inputs.
  /// - Throws: `UsageError` for an input that it cannot give.
  static func needs(_ inputs: [DeclaredInput]) throws -> DataNeeds

  /// - Throws: `UsageError` for an input that it cannot give, or data of another kind.
  init(_ inputs: [DeclaredInput], _ setup: FeederSetup) throws

  /// Draws and reads a sample; what it returns writes it into its place.
  /// - Throws: `SamplingError`, `VideoError` or `MotionError` where the sample itself cannot be had.
  func read(_ sample: Sample) throws -> SampleWriter
  /// What was drawn for a sample, for people; nil where nothing is.
  func drawn(_ sample: Sample) throws -> DrawnSample?
  /// Fills what belongs to the batch as a whole.
  func fill(_ batch: BatchBuilder)
}

package typealias SampleWriter = (_ batch: BatchBuilder, _ position: Int) throws -> Void

extension Feeder {
  package func read(_ sample: Sample) throws -> SampleWriter { { _, _ in } }
  package func drawn(_ sample: Sample) throws -> DrawnSample? { nil }
  package func fill(_ batch: BatchBuilder) {}
}

/// What a program wants of the data that it is trained on.
package struct DataNeeds: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    case videos, rows
  }

  /// nil where any will do.
  package var kind: Kind?
  /// Frames of the video that the longest clip spans: shorter videos are left out.
  package var leastFrames = 1
  /// Whether the videos' flow is needed, and the clip lengths whose velocities are.
  package var isMotionNeeded = false
  package var velocitySpans: [Int] = []
  /// Classes, and the setting of the model that says how many; nil where no labels are needed.
  package var classes: Classes?

  package struct Classes: Sendable, Equatable {
    package var count: Int
    package var setting: String?

    package init(count: Int, setting: String? = nil) {
      self.count = count
      self.setting = setting
    }
  }

  package init() {}

  /// - Throws: `UsageError` where both cannot be had.
  package mutating func merge(_ other: DataNeeds) throws {
    if let kind, let wanted = other.kind, kind != wanted {
      throw UsageError("the program takes both videos and rows of a file as samples; declare one of them")
    }
    kind = kind ?? other.kind
    leastFrames = max(leastFrames, other.leastFrames)
    isMotionNeeded = isMotionNeeded || other.isMotionNeeded
    velocitySpans = Set(velocitySpans).union(other.velocitySpans).sorted()
    if let classes, let wanted = other.classes, classes.count != wanted.count {
      throw UsageError(
        "the program takes labels of \(classes.count) and of \(wanted.count) classes; declare one number")
    }
    classes = classes ?? other.classes
  }
}

/// What feeders are made with.
package struct FeederSetup: Sendable {
  package var seed: UInt64
  package var policy: AugmentationPolicy
  /// Where samples are videos.
  package var videos: VideoReader?
  /// Where samples are rows of a file.
  package var rows: TensorRows?
  package var classes: ClassTable?
}

/// An input of a program with its source, and the source's attributes read with one sentence for each mistake.
package struct DeclaredInput: Sendable {
  package let name: String
  package let type: TensorType
  package let source: Graph.Source

  package func wrong(_ what: String) -> UsageError {
    UsageError("input '\(name)' from \(source.feeder).\(source.field): \(what)")
  }

  package func text(_ key: String) throws -> String? {
    guard let attribute = source.attributes[key] else { return nil }
    guard case .text(let value) = attribute else { throw wrong("'\(key)' is no text") }
    return value
  }

  package func integer(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
    guard let attribute = source.attributes[key] else { return nil }
    guard case .integer(let value) = attribute, range.contains(value) else {
      throw wrong("'\(key)' is no integer from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// - Throws: `UsageError` for an attribute that the field does not take.
  package func expectAttributes(_ known: [String]) throws {
    for key in source.attributes.keys.sorted() where !known.contains(key) {
      let nearest = nearestName(to: key, in: known).map { "; did you mean '\($0)'?" } ?? ""
      throw wrong("there is no attribute '\(key)'\(nearest)")
    }
  }

  /// - Throws: `UsageError` where the input is not as the field gives it.
  package func expect(_ element: ElementType, _ holds: ([Int]) -> Bool, _ wanted: String) throws {
    guard type.element == element, holds(type.shape) else {
      throw wrong("it is \(type), but the field gives \(wanted)")
    }
  }
}
