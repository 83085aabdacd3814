import Foundation
import MCLDataTestKit
import MCLParity
import MCLSupport
import MCLTestKit
import MCLWeights
import Testing

@Suite struct ScheduleCheckTests {
  static let golden = repositoryFolder.appendingPathComponent("Tests/Goldens/schedule.safetensors").path

  @Test func theGoldenSchedulesAreMet() throws {
    let check = try ScheduleCheck(path: Self.golden)
    #expect(check.isOK && check.notCompared.isEmpty)
    #expect(check.rows.count == 10)
    let rates = check.rows.filter { $0.name.hasSuffix(".lr") }
    #expect(rates.count == 5 && rates.allSatisfy { $0.count == 141 })
    for row in check.rows {
      print("\(row.name): \(row.count) rates, worst relative \(row.worstRelative) at step \(row.worstStep)")
      // Exact values are Double; the others were rounded to Float.
      #expect(row.worstRelative < (row.name.hasSuffix(".exact") ? 1e-12 : 6e-8), "\(row.name)")
    }
    #expect(zip(check.rows, check.rows.dropFirst()).allSatisfy { $0.worstRelative >= $1.worstRelative })
  }

  /// The golden file with changes.
  private func check(
    _ tensors: [String: HostTensor] = [:], metadata: [String: String] = [:], in folder: VideoTestFolder
  ) throws -> ScheduleCheck {
    let file = try SafeTensors(path: Self.golden)
    var all: [String: HostTensor] = [:]
    for name in file.names { all[name] = try file.tensor(name) }
    let path = folder.path + "/changed.safetensors"
    try SafeTensors.write(
      all.merging(tensors) { $1 }, metadata: file.metadata.merging(metadata) { $1 }, to: path)
    return try ScheduleCheck(path: path)
  }

  @Test func whatIsOffIsSeen() throws {
    let folder = try VideoTestFolder()
    var rates = try SafeTensors(path: Self.golden).floats("cosine.lr")
    rates[77] *= 1.000002
    let off = try check(["cosine.lr": HostTensor([141], .float32(rates))], in: folder)
    let first = try #require(off.rows.first)
    #expect(!off.isOK)
    #expect(first.name == "cosine.lr" && first.worstStep == 77)
    #expect(!first.isOK)
    #expect(abs(first.worstRelative - 2e-6) < 2e-7)
    #expect(off.rows.dropFirst().allSatisfy { $0.isOK })

    rates[77] = .nan
    let nan = try check(["cosine.lr": HostTensor([141], .float32(rates))], in: folder)
    #expect(!nan.isOK && nan.rows.first?.worstRelative == .infinity)

    let other = try check(["cosine.momentum": HostTensor([1], .float32([0.9]))], in: folder)
    #expect(!other.isOK && other.notCompared == ["cosine.momentum"] && other.rows.allSatisfy { $0.isOK })

    let exact = try check(metadata: ["step.exact": "{\"36\": \"0.3\"}"], in: folder)
    #expect(!exact.isOK && exact.rows.first?.name == "step.exact" && exact.rows.first?.count == 1)
  }

  @Test func whatIsNoScheduleGetsASentence() throws {
    let folder = try VideoTestFolder()
    let path = folder.path + "/changed.safetensors"
    func complaint(_ metadata: [String: String]) -> String? {
      #expect(throws: UsageError.self) { try check(metadata: metadata, in: folder) }?.description
    }
    #expect(
      complaint(["step": "{}"])
        == "\(path): schedule 'step' has a configuration that is not complete; it needs lr_scheduler, epochs, "
        + "warmup_epoch, n and base")
    let whole = "\"epochs\": 20, \"warmup_epoch\": 5, \"n\": 7, \"base\": 0.2"
    #expect(
      complaint(["step": "{\"lr_scheduler\": \"polynomial\", \(whole)}"])
        == "\(path): schedule 'step' is of the kind 'polynomial' or has impossible numbers; known are constant, cosine and step"
    )
    #expect(complaint(["step": "{\"lr_scheduler\": \"step\", \(whole)}"]) != nil, "no milestones")
    #expect(
      complaint([
        "step": "{\"lr_scheduler\": \"cosine\", \"epochs\": 9, \"warmup_epoch\": 5, \"n\": 7, \"base\": 0.2}"
      ]) == "\(path): schedule 'step' has 141 rates, but 9 epochs of 7 steps need 64")
    #expect(
      complaint(["step.exact": "{\"-1\": \"2\"}"])
        == "\(path): schedule 'step' has the exact value '-1: 2', which is no number")
    #expect(throws: TensorFileError.self) { try ScheduleCheck(path: folder.path + "/none") }
    try SafeTensors.write(["a": HostTensor([], .uint8([1]))], metadata: [:], to: path)
    #expect(throws: UsageError.self) { try ScheduleCheck(path: path) }
  }
}
