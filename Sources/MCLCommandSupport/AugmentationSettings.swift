import MCLData
import MCLSupport

/// What clips go through after the crop: a policy by name, and its numbers where they are given one by one.
package struct AugmentationSettings {
  package enum PolicyName: String, CaseIterable, Sendable {
    case full
    case cropAndFlip = "crop-and-flip"
  }

  package private(set) var name = PolicyName.full
  package private(set) var policy = AugmentationPolicy.full
  /// The numbers that are not the named policy's, by their keys.
  package private(set) var given: [String: String] = [:]

  /// What recipes and `--set` call them.
  package static let keys =
    ["augmentation", "rand_augment"] + numbers.map(\.key) + vectors.map(\.key) + ranges.map(\.key)

  private static let numbers: [(key: String, path: WritableKeyPath<AugmentationPolicy, Double> & Sendable)] =
    [
      ("colour_probability", \.colourProbability), ("brightness", \.brightness), ("contrast", \.contrast),
      ("saturation", \.saturation), ("hue", \.hue), ("grey_probability", \.greyProbability),
      ("blur_probability", \.blurProbability), ("flip_probability", \.flipProbability),
      ("centre_crop", \.centreShare),
    ]
  private static let vectors: [(key: String, path: WritableKeyPath<AugmentationPolicy, [Float]> & Sendable)] =
    [
      ("mean", \.mean), ("standard_deviation", \.standardDeviation),
    ]
  private static let ranges:
    [(key: String, path: WritableKeyPath<AugmentationPolicy, ClosedRange<Double>> & Sendable, what: String)] =
      [
        ("blur_sigma", \.blurSigma, "the least and the largest in pixels, such as 0.1,2"),
        ("crop_area", \.cropArea, "the least and the largest share of the frame, such as 0.2,1"),
        ("crop_aspect", \.cropAspect, "the least and the largest width over height, such as 0.75,1.33"),
      ]

  /// - Throws: `UsageError` for a value that its key cannot have.
  package mutating func set(_ key: String, _ text: String, origin: String) throws {
    func wrong(_ what: String) -> UsageError { UsageError("\(origin) '\(text)': give \(what)") }
    func numbers(_ count: Int, _ what: String) throws -> [Double] {
      let parts = text.split(separator: ",", omittingEmptySubsequences: false).compactMap { Double($0) }
      guard parts.count == count, parts.allSatisfy(\.isFinite) else { throw wrong(what) }
      return parts
    }
    if key == "augmentation" {
      guard let choice = PolicyName(rawValue: text) else {
        throw wrong("one of " + PolicyName.allCases.map(\.rawValue).joined(separator: ", "))
      }
      name = choice
      policy = choice == .full ? .full : .cropAndFlip
      let kept = given
      given = [:]
      for (key, value) in kept { try set(key, value, origin: origin) }
      return
    }
    var changed = policy
    if let (_, path) = Self.numbers.first(where: { $0.key == key }) {
      changed[keyPath: path] = try numbers(1, "a number")[0]
    } else if let (_, path) = Self.vectors.first(where: { $0.key == key }) {
      changed[keyPath: path] = try numbers(3, "three numbers, red, green and blue, such as 0.5,0.5,0.5").map {
        Float($0)
      }
    } else if let (_, path, what) = Self.ranges.first(where: { $0.key == key }) {
      let range = try numbers(2, what)
      guard range[0] <= range[1] else { throw wrong("the least first, such as 0.1,2") }
      changed[keyPath: path] = range[0]...range[1]
    } else if key == "rand_augment" {
      let what = "the number of operations and their level from 0 to 30, such as 2,9"
      let pair = try numbers(2, what).compactMap { Int(exactly: $0) }
      guard pair.count == 2 else { throw wrong(what) }
      changed.randAugment = RandAugment(count: pair[0], level: pair[1])
    }
    do { try changed.validate() } catch { throw UsageError("\(origin) '\(text)': \(error)") }
    policy = changed
    given[key] = text
  }

  /// The named policy and what differs from it, such as `full hue=0.05`.
  package var description: String {
    ([name.rawValue] + given.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }).joined(
      separator: " ")
  }

  /// Every key that was given.
  package var texts: [String: String] { given.merging(["augmentation": name.rawValue]) { $1 } }
}
