import Foundation
import MCLMotion
import MCLSupport
import MCLWeights

/// Compares our TV-L1 flow with OpenCV's and with the truth (the goldens' file `tvl1`).
///
/// A pair `pairI` has the frames `prev`, `next` U8 [H, W], OpenCV's `flow` F32 [H, W, 2], and, where known, `truth` alike;
/// `quantised` is `flow` in 8 bits; `epe_mean` and `epe_inner8_mean` are the mean end-point errors of `flow`, the second
/// without a border of 8 pixels. The parameters are the metadata `params`. Gates: the mean difference to `flow` is at
/// most 0.1 px where the truth is known, 0.15 px elsewhere; our own error is at most 1 % or 0.001 px above theirs.
package enum FlowCheck {
  package static let syntheticGate = 0.1
  package static let realGate = 0.15

  /// - Throws: `TensorFileError` for a file that cannot be read, `UsageError` for one that holds no pairs or other
  ///   parameters than our flow has.
  package static func table(path: String) throws -> MotionCheckTable {
    let tensors = try AccountedTensors(path: path)
    let solver = try parameters(tensors.file)
    let pairs = tensors.groups("pair")
    guard !pairs.isEmpty else {
      throw UsageError("\(path): it holds no pairs of frames 'pair0.prev', 'pair0.next'; check the path")
    }
    var rows: [MotionCheckRow] = []
    var failed: [(name: String, reason: String)] = []
    for pair in pairs {
      for needed in ["prev", "next", "flow"] where !tensors.has("\(pair).\(needed)") {
        failed.append(("\(pair).\(needed)", "it is missing"))
      }
      guard failed.allSatisfy({ !$0.name.hasPrefix(pair + ".") }) else { continue }
      rows += try compare(pair, tensors, solver)
    }
    for name in tensors.file.names where !tensors.used.contains(name) {
      failed.append((name, "it means nothing here, or what it belongs to is missing"))
    }
    return MotionCheckTable(rows: rows, notCompared: failed)
  }

  /// - Throws: `UsageError` for parameters that our flow does not have.
  static func parameters(_ file: SafeTensors) throws -> TVL1Flow {
    var flow = TVL1Flow()
    guard let text = file.metadata["params"] else {
      throw UsageError("\(file.path): its metadata has no 'params', the flow's parameters; make it again")
    }
    guard let values = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: NSNumber] else {
      throw UsageError("\(file.path): its metadata 'params' is no JSON object of numbers; make it again")
    }
    for (name, number) in values {
      switch name {
      case "Tau": flow.tau = number.doubleValue
      case "Lambda": flow.lambda = number.doubleValue
      case "Theta": flow.theta = number.doubleValue
      case "Epsilon": flow.epsilon = number.doubleValue
      case "ScaleStep": flow.scaleStep = number.doubleValue
      case "ScalesNumber": flow.scales = number.intValue
      case "WarpingsNumber": flow.warps = number.intValue
      case "InnerIterations": flow.innerIterations = number.intValue
      case "OuterIterations": flow.outerIterations = number.intValue
      case "Gamma" where number.doubleValue == 0, "MedianFiltering" where number.intValue == 5,
        "UseInitialFlow" where !number.boolValue:
        break
      default:
        throw UsageError(
          "\(file.path): the flow was made with \(TensorFileError.quoted(name)) = \(number), which ours does not have "
            + "(Gamma is 0, MedianFiltering 5, UseInitialFlow false)")
      }
    }
    return flow
  }

  private static func compare(
    _ pair: String, _ tensors: AccountedTensors, _ solver: TVL1Flow
  ) throws -> [MotionCheckRow] {
    let shape = try tensors.shape("\(pair).prev")
    guard shape.count == 2, try tensors.shape("\(pair).next") == shape else {
      throw tensors.wrong("\(pair).prev", "has the shape \(shape); two frames [H, W] of one size are needed")
    }
    let (height, width) = (shape[0], shape[1])
    for name in ["flow", "truth", "quantised"] where tensors.has("\(pair).\(name)") {
      let found = try tensors.shape("\(pair).\(name)")
      guard found == shape + [2] else {
        throw tensors.wrong(
          "\(pair).\(name)", "has the shape \(found), not that of its frames, \(shape + [2])")
      }
    }
    func frame(_ name: String) throws -> GrayImage {
      try GrayImage(width: width, height: height, pixels: try tensors.bytes("\(pair).\(name)"))
    }
    let flow = try solver.flow(from: try frame("prev"), to: try frame("next"))
    let ours = zip(flow.u, flow.v).flatMap { [$0, $1] }
    let theirs = try tensors.floats("\(pair).flow")
    let hasTruth = tensors.has("\(pair).truth")
    var rows: [MotionCheckRow] = []
    let lengths = distances(ours, theirs)
    rows.append(
      MotionCheckRow(
        "\(pair).flow", count: theirs.count, .meanPixels, error: mean(lengths),
        gate: hasTruth ? syntheticGate : realGate,
        note: String(
          format: "median %.1e, p95 %.1e, largest %.1e px", percentile(lengths, 50), percentile(lengths, 95),
          lengths.max() ?? 0)))
    if tensors.has("\(pair).quantised") {
      let quantized = theirs.map { Float(QuantizedFlow.quantized($0)) }
      rows.append(
        MotionCheckRow(
          "\(pair).quantised", quantized, try tensors.floats("\(pair).quantised"), .differing, gate: 0))
    }
    guard hasTruth else { return rows }
    let truth = try tensors.floats("\(pair).truth")
    let inner = (0..<width * height).filter {
      ($0 % width) >= 8 && ($0 % width) < width - 8 && ($0 / width) >= 8 && ($0 / width) < height - 8
    }
    let (own, other) = (distances(ours, truth), distances(theirs, truth))
    let selections = [("epe_mean", Array(own.indices)), ("epe_inner8_mean", inner)]
    for (name, pixels) in selections {
      let (mine, reference) = (mean(pixels.map { own[$0] }), mean(pixels.map { other[$0] }))
      rows.append(
        MotionCheckRow(
          "\(pair).truth (\(name))", count: truth.count, .excessPixels, error: max(mine - reference, 0),
          gate: max(0.01 * reference, 0.001),
          note: String(format: "ours %.5f, theirs %.5f px", mine, reference)))
      guard tensors.has("\(pair).\(name)") else { continue }
      rows.append(
        MotionCheckRow(
          "\(pair).\(name)", [Float(reference)], try tensors.floats("\(pair).\(name)"), .relative, gate: 1e-4)
      )
    }
    return rows
  }

  /// The lengths of the differences of interleaved vectors.
  private static func distances(_ a: [Float], _ b: [Float]) -> [Double] {
    stride(from: 0, to: min(a.count, b.count), by: 2).map {
      let (dx, dy) = (Double(a[$0]) - Double(b[$0]), Double(a[$0 + 1]) - Double(b[$0 + 1]))
      return (dx * dx + dy * dy).squareRoot()
    }
  }

  private static func mean(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
  }

  private static func percentile(_ values: [Double], _ percent: Int) -> Double {
    values.isEmpty ? 0 : values.sorted()[values.count * percent / 100]
  }
}
