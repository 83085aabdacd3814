import Foundation
import MCLCompiler
import MCLData
import MCLDrawing
import MCLGraph
import MCLSupport

/// What a run's numbers and pictures are, for its progress, curves and report: a file of the run's folder.
public struct RunDescription: Sendable, Codable, Equatable {
  /// A number that every step gives.
  public struct Output: Sendable, Codable, Equatable {
    /// The name that the program gives it: `loss.inter`.
    public var name: String
    /// Its value where nothing has been learnt, if the model says so.
    public var chance: Double?

    package init(name: String, chance: Double? = nil) { (self.name, self.chance) = (name, chance) }

    /// What stands before the first point: `loss` of `loss.inter`.
    package var group: Substring { name.prefix { $0 != "." } }
    /// What follows the group, or the whole name where there is none.
    var local: Substring { name.contains(".") ? name.dropFirst(group.count + 1) : group }
  }

  /// A step from which on something is otherwise.
  package typealias Mark = ChartMark

  /// In the program's order, the most telling first.
  public var outputs: [Output]
  /// What is measured of the states now and then; nil where nothing is.
  package var measured: [Output]?
  package var mark: Mark?
  /// What the rows of a picture of a sample show, from the top.
  public var pictureRows: [String] = []

  static let file = "outputs.json"

  package init(outputs: [Output], mark: Mark? = nil) { (self.outputs, self.mark) = (outputs, mark) }

  /// - Parameter chances: of outputs by name (`Graph.chances`).
  init(_ plan: ExecutionPlan, chances: [String: Double]) {
    outputs = plan.outputs.filter { $0.type.count == 1 }.map {
      Output(name: $0.name, chance: chances[$0.name])
    }
  }

  /// Of a run's folder; where it has none, the outputs that the records have.
  package init(folder: String, records: [StepRecord]) {
    let path = (folder as NSString).appendingPathComponent(Self.file)
    if let data = FileManager.default.contents(atPath: path),
      let kept = try? JSONDecoder().decode(Self.self, from: data)
    {
      self = kept
    } else {
      self.init(outputs: Set(records.flatMap(\.outputs.keys)).sorted().map { Output(name: $0) })
    }
  }

  func write(in folder: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    try AtomicFile.write(
      String(decoding: try encoder.encode(self), as: UTF8.self) + "\n",
      to: (folder as NSString).appendingPathComponent(Self.file))
  }

  /// The outputs that the program gives first, as long as they are of one group: the terms of its loss.
  package var leading: [Output] {
    Array(outputs.prefix { $0.group == outputs.first?.group }.prefix(LineChart.colours.count))
  }

  /// How many outputs a line of progress has room for.
  private static let progressCount = 6

  /// The first outputs in one line, with what chance gives: `loss: total 9.1 inter 4.51 (chance 4.57); top1: …`.
  public func progress(_ values: [String: Float]) -> String {
    let shown = outputs.filter { values[$0.name] != nil }.prefix(Self.progressCount)
    var text = ""
    var group: Substring?
    for output in shown {
      if output.group != group {
        text += (group == nil ? "" : ", ") + (output.name.contains(".") ? "\(output.group): " : "")
        group = output.group
      } else {
        text += " "
      }
      text += "\(output.local) \(Self.short(Double(values[output.name] ?? .nan)))"
      if let chance = output.chance { text += " (chance \(Self.short(chance)))" }
    }
    return text
  }

  /// Three digits after the point, or three in all of what is smaller.
  package static func short(_ value: Double) -> String {
    String(format: abs(value) >= 0.1 || value == 0 || !value.isFinite ? "%.3f" : "%.3g", value)
  }
}
