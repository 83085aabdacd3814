import Foundation
import MCLData
import MCLMotion
import MCLSupport
import MCLVideo
import MCLWeights

/// Compares motion measures with those the published code gives (the goldens' file `motion`).
///
/// `clipC` has the flow images `u`, `v` U8 [n, H, W] and what is computed of them: targets `st_mag_center` and
/// `st_mag_resized` (of the box `crop_box_ijhw`), derivatives, frame maps `mag_KIND_*` with their `windows_KIND`, clip
/// velocities `clip_mag_LxS`; `corI` a map and the box of its strongest cells. Sizes come from the tensors, the centre
/// crop and the windows from the metadata where it has them.
package struct MotionCheck {
  package static let gate = 1e-4
  /// Where a resize lies between.
  package static let resizedGate = 1e-3

  private let tensors: AccountedTensors
  private var rows: [MotionCheckRow] = []
  private var failed: [(name: String, reason: String)] = []

  /// - Throws: `TensorFileError` for a file that cannot be read, `UsageError` for one that holds no motion or tensors
  ///   that do not fit each other, `MotionError` and `SamplingError` where a measure refuses them.
  package static func table(path: String) throws -> MotionCheckTable {
    var check = MotionCheck(tensors: try AccountedTensors(path: path))
    let (clips, boxes) = (check.tensors.groups("clip"), check.tensors.groups("cor"))
    guard !clips.isEmpty || !boxes.isEmpty else {
      throw UsageError(
        "\(path): it holds no flows 'clip0.u', 'clip0.v' nor maps 'cor0.input'; check the path")
    }
    for clip in clips { try check.compareClip(clip) }
    for box in boxes { try check.compareBox(box) }
    let known = Set(check.failed.map(\.name))
    for name in check.tensors.file.names where !check.tensors.used.contains(name) && !known.contains(name) {
      check.failed.append((name, "it means nothing here, or what it is computed from is missing"))
    }
    return MotionCheckTable(rows: check.rows, notCompared: check.failed)
  }

  private init(tensors: AccountedTensors) { self.tensors = tensors }

  // MARK: Clips

  private mutating func compareClip(_ clip: String) throws {
    for needed in ["u", "v"] where !tensors.has("\(clip).\(needed)") {
      failed.append(("\(clip).\(needed)", "it is missing"))
    }
    guard tensors.has("\(clip).u"), tensors.has("\(clip).v") else { return }
    let shape = try tensors.shape("\(clip).u")
    guard shape.count == 3, try tensors.shape("\(clip).v") == shape else {
      throw tensors.wrong("\(clip).u", "has the shape \(shape); u and v [n, H, W] of one size are needed")
    }
    let (u, v) = (try tensors.bytes("\(clip).u"), try tensors.bytes("\(clip).v"))
    let pixels = shape[1] * shape[2]
    let flows = try (0..<shape[0]).map { i in
      try QuantizedFlow(
        width: shape[2], height: shape[1], u: Array(u[i * pixels..<(i + 1) * pixels]),
        v: Array(v[i * pixels..<(i + 1) * pixels]))
    }
    let before = rows.count
    for member in tensors.members(clip) where !["u", "v"].contains(member) {
      try compare(clip, member, flows)
    }
    if rows.count == before { failed.append(("\(clip).u", "nothing is computed of it in the file")) }
  }

  private mutating func compare(_ clip: String, _ member: String, _ flows: [QuantizedFlow]) throws {
    let name = "\(clip).\(member)"
    switch member {
    case "st_mag_center":
      let crop = try centreCrop(flows[0])
      try add(name, try target(flows, crop, try targetShape(name)).values, .relative, Self.gate)
    case "st_mag_resized":
      guard let crop = try cropBox(clip) else { return fail(name, "\(clip).crop_box_ijhw is missing") }
      try add(name, try target(flows, crop, try targetShape(name)).values, .relative, Self.resizedGate)
    case "resized_u0", "resized_v0":
      guard let crop = try cropBox(clip) else { return fail(name, "\(clip).crop_box_ijhw is missing") }
      let shape = try matrixShape(name)
      let resize = try BilinearResize(crop: crop, width: shape.columns, height: shape.rows)
      let image = try resize.resized(
        member == "resized_u0" ? flows[0].u : flows[0].v, width: flows[0].width, height: flows[0].height,
        channels: 1)
      try add(name, image.map(Float.init), .differing, 0)
    case "crop_box_ijhw":
      // An input; it is accounted for by the target that it belongs to.
      break
    case let text where text.hasPrefix("center_group"):
      try compareDerivatives(name, String(text.dropFirst("center_group".count)), flows)
    case let text where text.hasPrefix("clip_mag_"):
      let sizes = text.dropFirst("clip_mag_".count).split(separator: "x").map { Int($0) ?? 0 }
      guard sizes.count == 2, (1...1 << 20).contains(sizes[0]), (1...1 << 20).contains(sizes[1]) else {
        return fail(name, "its name does not end in LENGTHxSTEP")
      }
      try add(name, try ClipVelocities.velocities(of: flows, span: sizes[0] * sizes[1]), .relative, Self.gate)
    case let text where text.hasPrefix("windows_"):
      guard let window = window(String(text.dropFirst("windows_".count))) else {
        return fail(name, "the window of this data set is not known; give it in the metadata ws_*")
      }
      let windows = MotionMaps.windows(count: flows.count, length: window)
      try add(name, windows.flatMap { [Float($0.lowerBound), Float($0.upperBound)] }, .differing, 0)
    case let text where text.hasPrefix("mag_"):
      try compareMaps(name, String(text.dropFirst("mag_".count)), flows)
    default: fail(name, "it means nothing here")
    }
  }

  private mutating func compareMaps(_ name: String, _ kind: String, _ flows: [QuantizedFlow]) throws {
    let parts = kind.split(separator: "_")
    guard parts.count == 2, let window = window(String(parts[0])) else {
      return fail(name, "the window of this data set is not known; give it in the metadata ws_*")
    }
    let maps = try MotionMaps.maps(of: flows, window: window)
    switch parts[1] {
    case "float": try add(name, maps, .relative, Self.resizedGate)
    // Truncation at an integer, and the codec, may give a neighbour.
    case "u8": try add(name, maps.map { Float(Self.truncated($0)) }, .absolute, 1)
    case "jpeg":
      let side = MotionMaps.cells
      let images = stride(from: 0, to: maps.count, by: side * side).flatMap { start in
        JPEGRoundTrip.decoded(
          maps[start..<start + side * side].map(Self.truncated), width: side, height: side)
      }
      try add(name, images.map(Float.init), .absolute, 1)
    default: fail(name, "it means nothing here")
    }
  }

  /// Toward zero; values above 255 wrap as numpy's do.
  private static func truncated(_ value: Float) -> UInt8 {
    UInt8(truncatingIfNeeded: Int(max(min(value, 1e9), 0)))
  }

  private mutating func compareDerivatives(_ name: String, _ rest: String, _ flows: [QuantizedFlow]) throws {
    let parts = rest.split(separator: "_")
    guard parts.count == 3, let group = Int(parts[0]), ["dx", "dy"].contains(parts[1]), parts[2] == "sum",
      group >= 0, group < flows.count / TubeletTarget.groupLength
    else { return fail(name, "its name is no 'center_groupN_dx_sum' of a group that the flows have") }
    let crop = try centreCrop(flows[0])
    let shape = try matrixShape(name)
    guard shape.rows == crop.height, shape.columns == crop.width else {
      return fail(name, "it has not the size of the centre crop, \(crop)")
    }
    var sum = [Int32](repeating: 0, count: crop.width * crop.height)
    let length = TubeletTarget.groupLength
    for flow in flows[group * length..<(group + 1) * length] {
      for i in sum.indices {
        sum[i] += Int32(flow.u[(crop.y + i / crop.width) * flow.width + crop.x + i % crop.width])
      }
    }
    let (dx, dy) = try MotionBoundary(width: crop.width, height: crop.height).derivatives(ofSum: sum)
    try add(name, (parts[1] == "dx" ? dx : dy).map { Float($0) }, .differing, 0)
  }

  // MARK: Boxes

  private mutating func compareBox(_ box: String) throws {
    for needed in ["input", "height_width", "row_s", "col_s", "crop_ratio"]
    where !tensors.has("\(box).\(needed)") {
      failed.append(("\(box).\(needed)", "it is missing"))
    }
    guard tensors.has("\(box).input"), tensors.has("\(box).height_width") else { return }
    let shape = try matrixShape("\(box).input")
    let size = try tensors.integers("\(box).height_width")
    guard size.count == 2, size.allSatisfy({ (1...1 << 20).contains($0) }) else {
      throw tensors.wrong("\(box).height_width", "is no height and width in pixels")
    }
    let fraction = tensors.file.metadata["t"].flatMap(Double.init)
    let motion = try MotionBox(
      map: try tensors.floats("\(box).input"), rows: shape.rows, columns: shape.columns,
      top: fraction.map { max(1, Int(Double(shape.rows * shape.columns) * $0)) })
    let pixels = motion.pixels(width: size[1], height: size[0])
    for (member, values) in [
      ("row_s", [Float(pixels.y.lowerBound), Float(pixels.y.upperBound)]),
      ("col_s", [Float(pixels.x.lowerBound), Float(pixels.x.upperBound)]),
      ("crop_ratio", [Float(motion.requiredCover)]),
    ] where tensors.has("\(box).\(member)") { try add("\(box).\(member)", values, .differing, 0) }
  }

  // MARK: Parts

  private mutating func fail(_ name: String, _ reason: String) { failed.append((name, reason)) }

  private mutating func add(
    _ name: String, _ actual: [Float], _ measure: MotionCheckRow.Measure, _ gate: Double
  ) throws {
    rows.append(MotionCheckRow(name, actual, try tensors.floats(name), measure, gate: gate))
  }

  private func matrixShape(_ name: String) throws -> (rows: Int, columns: Int) {
    let shape = try tensors.shape(name)
    guard shape.count == 2, shape.allSatisfy({ $0 > 0 }) else {
      throw tensors.wrong(name, "has the shape \(shape); a matrix is needed")
    }
    return (shape[0], shape[1])
  }

  /// Blocks of a target [T, h, w].
  private func targetShape(_ name: String) throws -> (rows: Int, columns: Int) {
    let shape = try tensors.shape(name)
    guard shape.count == 3, shape.allSatisfy({ (1...1024).contains($0) }) else {
      throw tensors.wrong(name, "has the shape \(shape); a target [T, h, w] is needed")
    }
    return (shape[1], shape[2])
  }

  private func target(
    _ flows: [QuantizedFlow], _ crop: Crop, _ blocks: (rows: Int, columns: Int)
  ) throws -> TubeletTarget {
    let length = TubeletTarget.groupLength
    return try TubeletTarget(
      flows: Array(flows.prefix(flows.count / length * length)), top: crop.y, left: crop.x,
      cropHeight: crop.height,
      cropWidth: crop.width, height: blocks.rows * TubeletTarget.block,
      width: blocks.columns * TubeletTarget.block, flipped: false)
  }

  private func cropBox(_ clip: String) throws -> Crop? {
    let name = "\(clip).crop_box_ijhw"
    guard tensors.has(name) else { return nil }
    let box = try tensors.integers(name)
    guard box.count == 4 else { throw tensors.wrong(name, "has not the four numbers i, j, h, w") }
    return Crop(x: box[1], y: box[0], width: box[3], height: box[2])
  }

  /// As the metadata `center_crop` says ("rows 8:232, cols 48:272"), else `input_size` (224) pixels in the middle.
  private func centreCrop(_ flow: QuantizedFlow) throws -> Crop {
    let metadata = tensors.file.metadata
    var crop: Crop
    if let text = metadata["center_crop"] {
      let numbers = text.split { !$0.isNumber }.compactMap { Int($0) }
      guard numbers.count == 4 else {
        throw UsageError(
          "\(tensors.file.path): its metadata 'center_crop' is \(TensorFileError.quoted(text)), not 'rows A:B, cols C:D'"
        )
      }
      crop = Crop(
        x: numbers[2], y: numbers[0], width: numbers[3] - numbers[2], height: numbers[1] - numbers[0])
      if crop.fits(width: flow.width, height: flow.height) { return crop }
    }
    let side = metadata["input_size"].flatMap { Int($0) } ?? MotionMaps.size
    crop = Crop(x: (flow.width - side) / 2, y: (flow.height - side) / 2, width: side, height: side)
    guard crop.fits(width: flow.width, height: flow.height) else {
      throw UsageError(
        "\(tensors.file.path): the centre crop \(crop) leaves flows of \(flow.width)x\(flow.height)")
    }
    return crop
  }

  /// Flows of a frame map for this data set.
  private func window(_ kind: String) -> Int? {
    if let given = tensors.file.metadata["ws_\(kind)"].flatMap({ Int($0) }) {
      return (1...1 << 20).contains(given) ? given : nil
    }
    return ["ucf101": 8, "kinetics": 4][kind]
  }
}
