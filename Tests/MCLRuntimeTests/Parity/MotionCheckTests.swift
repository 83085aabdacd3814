import Foundation
import MCLDataTestKit
import MCLParity
import MCLWeights
import Testing

/// That the checks compare every tensor, and fail for one that is off, missing or unknown.
@Suite(.enabled(if: MotionGoldens.available)) struct MotionCheckTests {
  static func golden(_ name: String) -> String { (MotionGoldens.folder ?? "") + "/" + name }

  /// A golden file with changes; nil takes a tensor out.
  private func changed(
    _ name: String, keeping prefixes: [String], _ changes: [String: HostTensor?] = [:],
    in folder: VideoTestFolder
  ) throws -> String {
    let file = try SafeTensors(path: Self.golden(name))
    var all: [String: HostTensor] = [:]
    for name in file.names where prefixes.contains(where: { name.hasPrefix($0) }) {
      all[name] = try file.tensor(name)
    }
    for (name, tensor) in changes { all[name] = tensor }
    let path = folder.path + "/changed.safetensors"
    try SafeTensors.write(all, metadata: file.metadata, to: path)
    return path
  }

  @Test func theGoldensAreMetAndNothingIsSkipped() throws {
    let motion = try MotionCheck.table(path: Self.golden("motion.safetensors"))
    #expect(motion.isOK)
    // All tensors but the inputs: u, v and the box of each clip, map and size of each box.
    let file = try SafeTensors(path: Self.golden("motion.safetensors"))
    let inputs = file.names.count {
      [".u", ".v", ".crop_box_ijhw", ".input", ".height_width"].contains(where: $0.hasSuffix)
    }
    #expect(motion.rows.count == file.names.count - inputs)
    let flow = try FlowCheck.table(path: Self.golden("tvl1.safetensors"))
    #expect(flow.isOK)
    #expect(Set(flow.rows.map(\.name)).isSuperset(of: (0..<4).map { "pair\($0).flow" }))
  }

  @Test func motionThatIsOffIsSeen() throws {
    let folder = try VideoTestFolder()
    let file = try SafeTensors(path: Self.golden("motion.safetensors"))
    for (name, change) in [
      ("clip0.st_mag_center", Float(1.001)), ("clip0.mag_ucf101_float", 1.01), ("clip0.clip_mag_8x1", 1.001),
    ] {
      let entry = try file.entry(name)
      let path = try changed(
        "motion.safetensors", keeping: ["clip0."],
        [name: HostTensor(entry.shape, .float32(try file.floats(name).map { $0 * change }))], in: folder)
      let table = try MotionCheck.table(path: path)
      #expect(!table.isOK && table.rows.first?.name == name && table.rows.count { !$0.isOK } == 1)
    }
  }

  @Test func whatIsMissingOrUnknownFails() throws {
    let folder = try VideoTestFolder()
    func table(_ changes: [String: HostTensor?]) throws -> MotionCheckTable {
      try MotionCheck.table(
        path: changed("motion.safetensors", keeping: ["clip0.", "cor0."], changes, in: folder))
    }
    #expect(try table([:]).isOK)
    let noBox = try table(["clip0.crop_box_ijhw": nil])
    #expect(!noBox.isOK && noBox.notCompared.map(\.name) == ["clip0.resized_u0", "clip0.st_mag_resized"])
    let noFlow = try table(["clip0.u": nil])
    #expect(!noFlow.isOK && noFlow.notCompared.contains { $0.name == "clip0.u" })
    let unknown = try table(["clip0.curl": HostTensor([1], .float32([1]))])
    #expect(!unknown.isOK && unknown.notCompared.map(\.name) == ["clip0.curl"])
    let noRatio = try table(["cor0.crop_ratio": nil])
    #expect(!noRatio.isOK && noRatio.notCompared.map(\.name) == ["cor0.crop_ratio"])
  }

  @Test func flowThatIsOffIsSeen() throws {
    let folder = try VideoTestFolder()
    let file = try SafeTensors(path: Self.golden("tvl1.safetensors"))
    let entry = try file.entry("pair0.flow")
    let moved = HostTensor(entry.shape, .float32(try file.floats("pair0.flow").map { $0 + 0.08 }))
    let off = try FlowCheck.table(
      path: changed("tvl1.safetensors", keeping: ["pair0."], ["pair0.flow": moved], in: folder))
    #expect(!off.isOK && off.rows.contains { $0.name == "pair0.flow" && !$0.isOK })
    let missing = try FlowCheck.table(
      path: changed("tvl1.safetensors", keeping: ["pair0."], ["pair0.next": nil], in: folder))
    #expect(!missing.isOK && missing.notCompared.contains { $0.name == "pair0.next" })
  }
}
