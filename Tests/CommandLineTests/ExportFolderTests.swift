import Foundation
import MCLEvaluation
import MCLSupport
import MCLTestKit
import MCLVideo
import MCLWeights
import Testing

/// `mclc export` of a folder for PyTorch, as those have it who have no mclc.
@Suite struct ExportFolderTests {
  /// A Python with torch, safetensors and nothing else that is needed.
  private static let python = ProcessInfo.processInfo.environment["MCL_PYTHON"]
  private let command = CommandLineTests()

  private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  /// Runs a program by its name or path.
  private func run(_ arguments: [String]) throws -> CommandLineTests.Outcome {
    try ShellRun.outcome("shift; exec \"$@\"", arguments)
  }

  private func trained(_ name: String) throws -> SmallRun {
    let small = try SmallRun(name)
    let outcome = try small.train([
      "--steps", "1", "--set", "mean=0.4,0.45,0.5", "--set", "centre_crop=0.9",
    ])
    #expect(outcome.code == 0, "\(outcome.errors)")
    return small
  }

  @Test func aFolderHasTheNetworkAndWhatFramesGoThrough() throws {
    let small = try trained("export-folder")
    let folder = small.folder + "/network"
    let exported = try command.mclc(["export", small.run, "-o", folder])
    #expect(exported.code == 0, "\(exported.errors)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ModelFolder.files)

    // The same description in the file, in the weights, and in weights alone.
    let weights = try SafeTensors(path: folder + "/weights.safetensors")
    let noted = try #require(try Preprocessing(metadata: weights.metadata, path: "w"))
    #expect(noted.preparation.mean == [0.4, 0.45, 0.5] && noted.preparation.centreShare == 0.9)
    #expect(noted.clip == .init(frames: 16, step: 2, height: 32, width: 32) && noted.shortSide == 256)
    #expect(try text(folder + "/preprocessing.json") == noted.json(isPretty: true) + "\n")
    let alone = small.folder + "/alone.safetensors"
    #expect(try command.mclc(["export", small.run, "-o", alone]).code == 0)
    #expect(try SafeTensors(path: alone).metadata == weights.metadata)
    #expect(try SafeTensors(path: alone).names.sorted() == weights.names.sorted())

    let script = try text(folder + "/model.py")
    for name in weights.names {
      #expect(script.contains("\n    \(TorchProgram.quoted(name)): ("), "\(name)")
    }
    #expect(script.contains("functional.conv3d(clip, w[\"backbone.conv1.weight\"]"))
    #expect(!script.contains("tiny_") && script.contains("CLIPS = None\n"))
    let readme = try text(folder + "/README.md")
    #expect(readme.contains("| mean of R, G, B | 0.4, 0.45, 0.5 |") && readme.contains("0.970"))

    // Again over itself, but never over another folder.
    #expect(try command.mclc(["export", small.run, "-o", folder + "/"]).code == 0)
    #expect(try text(folder + "/model.py") == script)
    let other = try command.mclc(["export", small.run, "-o", small.data])
    #expect(
      other.code == 2
        && other.errors
          == "mclc: \(small.data): it is there and holds other files than those of an export; name another folder, or a file "
          + "that ends in .safetensors for weights alone\n",
      "\(other.errors)")
    let tooSmall = try command.mclc(["export", small.run, "-o", small.folder + "/x", "--resize", "20"])
    #expect(
      tooSmall.code == 2
        && tooSmall.errors
          == "mclc: --resize 20: clips of 32x32 pixels do not fit frames of that short side; give at least 32\n",
      "\(tooSmall.errors)")
    let missing = try command.mclc(["export", small.run, "-o", small.folder + "/no/where"])
    #expect(
      missing.code == 2
        && missing.errors
          == "mclc: \(small.folder)/no/where: no folder can be made there; name another place\n",
      "\(missing.errors)")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: small.folder).allSatisfy {
        !$0.hasSuffix(".part") && !$0.hasSuffix(".old")
      })
    let found = try run(["sh", "-c", "command -v python3"])
    if found.code == 0 {
      let compiled = try run(["python3", "-m", "py_compile", folder + "/model.py"])
      #expect(compiled.code == 0, "\(compiled.errors)")
    }
  }

  /// Weights that say how clips are prepared are prepared for so, wherever they are.
  @Test func weightsBringTheirPreparation() throws {
    let small = try trained("export-preparation")
    let weights = small.folder + "/w.safetensors"
    #expect(try command.mclc(["export", small.run, "-o", weights]).code == 0)
    func mean(_ arguments: [String], _ more: [String] = []) throws -> FeatureTable {
      let out = small.folder + "/\(UUID().uuidString).safetensors"
      let outcome = try command.mclc(
        ["embed"] + arguments + ["--data", small.data, "--views", "1x1", "-o", out] + more)
      #expect(outcome.code == 0, "\(outcome.errors)")
      return try FeatureFile.read(out)
    }
    let own = try mean([small.run])
    let model = ["--model", "models/tiny.mcl"] + SmallRun.set
    let noted = try mean([weights] + model)
    #expect(noted.means == own.means && noted.source.preparation == own.source.preparation)
    let other = try mean([weights] + model, ["--set", "mean=0.485,0.456,0.406"])
    #expect(other.means != own.means && other.source.preparation.mean == [0.485, 0.456, 0.406])
  }

  /// Nothing but the folder and decoded frames gives the features of `mclc embed`.
  @Test(
    .enabled(if: python != nil, "MCL_PYTHON names no Python with torch and safetensors"),
    arguments: [
      ["fit", "2x3"], ["none", "3x1"], ["40", "1x3"],
    ])
  func torchMakesTheSameFeatures(_ settings: [String]) throws {
    let small = try trained("export-torch")
    let folder = small.folder + "/network"
    let exported = try command.mclc(["export", small.run, "-o", folder, "--resize", settings[0]])
    #expect(exported.code == 0, "\(exported.errors)")
    let features = small.folder + "/features.safetensors"
    let embedded = try command.mclc([
      "embed", small.run, "--data", small.data, "--views", settings[1], "--resize", settings[0], "-o",
      features,
    ])
    #expect(embedded.code == 0, "\(embedded.errors)")
    let table = try FeatureFile.read(features)
    let name = try #require(table.names.first)

    let decoder = try VideoDecoder(path: "\(small.data)/\(name)")
    var (pixels, count) = ([UInt8](), 0)
    while let frame = try decoder.next() {
      pixels += frame.pixels
      count += 1
    }
    try SafeTensors.write(
      ["frames": HostTensor([count, decoder.height, decoder.width, 3], .uint8(pixels))], metadata: [:],
      to: small.folder + "/frames.safetensors")
    let parts = settings[1].split(separator: "x").map(String.init)
    let script = """
      import sys
      sys.path.insert(0, sys.argv[1])
      import model
      from safetensors.torch import load_file, save_file
      frames = load_file(sys.argv[2])["frames"]
      found = model.video_features(model.load(), frames, clips=int(sys.argv[4]), crops=int(sys.argv[5]))
      save_file({"clips": found}, sys.argv[3])
      """
    let result = small.folder + "/torch.safetensors"
    let ran = try run(
      [Self.python ?? "", "-c", script, folder, small.folder + "/frames.safetensors", result] + parts)
    #expect(ran.code == 0, "\(ran.errors)")
    let found = try SafeTensors(path: result).tensor("clips").floats
    let wanted = table.clips[..<(table.views * table.width)]
    #expect(found.count == wanted.count && Set(wanted).count > 4)
    let largest = wanted.reduce(0) { max($0, $1.magnitude) }
    let apart = zip(found, wanted).reduce(Float(0)) { max($0, ($1.0 - $1.1).magnitude) }
    #expect(apart <= 1e-4 * max(largest, 1), "\(apart) of \(largest)")
  }
}
