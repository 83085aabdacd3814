import Foundation
import Testing

/// What `mclc embed` and `mclc evaluate` answer wrong use with.
@Suite struct EvaluateMistakeTests {
  private static let shape = SmallRun.set
  private let command = CommandLineTests()
  private let folder = CommandLineTests.folder.appendingPathComponent("mistakes-\(UUID().uuidString)").path
  private var data: String { folder + "/videos" }

  private func synthesize(_ count: Int) throws {
    try SynthesizedVideos.copy(count, frames: 24, seed: 3, to: data)
  }

  /// Random weights of the small model.
  private var random: [String] { ["--model", "models/tiny.mcl", "--init", "none"] + Self.shape }

  @Test func wrongUseIsAnsweredWithOneSentenceAndTwo() throws {
    try synthesize(6)
    let weights = folder + "/weights.safetensors"
    try Data("no weights\n".utf8).write(to: URL(fileURLWithPath: weights))
    let evaluate = ["evaluate"] + random + ["--data", data, "--out", "x"]
    let table: [([String], String)] = [
      (
        ["evaluate", "--data", data, "--out", "x"],
        "name the folder of a run or a file of weights; or --model with --init none, for random ones"
      ),
      (
        ["evaluate", "nowhere", "--data", data, "--out", "x"],
        "nowhere: there is no such run or file of weights; check the path"
      ),
      (
        ["evaluate", weights, "--data", data, "--out", "x"],
        "\(weights): it does not stand in the folder of a run; name the model that it is of with --model"
      ),
      (
        ["evaluate", data, "--data", data, "--out", "x"],
        "\(data): it is a folder, but no run of 'mclc train'; name one, or weights with --model"
      ),
      (
        evaluate + ["--protocol", "linea"],
        "--protocol linea: there is no protocol 'linea' among knn, retrieval, linear, svm, finetune; did you mean 'linear'?"
      ),
      (
        evaluate + ["--seeds", "0"], "--seeds 0: give 1 to 1000"
      ),
      (
        evaluate + ["--svm-c", "0"],
        "--svm-c 0: give a number above 0, such as 1, or auto"
      ),
      (
        evaluate + ["--linear-lr", "0"],
        "--linear-lr 0.0: give a learning rate above 0, such as 16"
      ),
      (
        evaluate + ["--linear-epochs", "0"],
        "--linear-epochs 0: give 1 to 100000"
      ),
      (
        evaluate + ["--splits", "all"],
        "--splits goes with a folder of UCF101's or HMDB51's splits: name it with --train-list"
      ),
      (
        evaluate + ["--split", "1", "--splits", "all"],
        "give --split or --splits, one of them"
      ),
      (
        evaluate + [
          "--splits", "all", "--train-list", data, "--test-list", data,
        ],
        "\(data): it holds no splits of UCF101 (trainlist01.txt, testlist01.txt) or HMDB51 (CLASS_test_split1.txt); name "
          + "their folder with --train-list"
      ),
      (
        evaluate + ["--views", "10"],
        "--views 10: write it as CLIPSxCROPS, 1 to 1000 clips of 1 crop (the centre) or of 3 (the centre, top left, bottom "
          + "right), such as 20x1"
      ),
      (
        evaluate + ["--train-list", "a"],
        "--train-list and --test-list go together; give both or none of them"
      ),
      (
        evaluate + ["--program", "embd"],
        "model 'tiny' has no program 'embd' among 'step', 'encode', 'embed'; did you mean 'embed'?"
      ),
      (
        evaluate + ["--program", "step"],
        "program 'step' updates states, so that making features would change them; name another with --program"
      ),
      (
        evaluate + ["--layer", "featur"],
        "no program of model 'tiny' gives features: program 'embed' has no output or tap 'featur'; did you mean 'feature'?"
      ),
      (
        evaluate + ["--set", "hue=0.2"],
        "--set hue: it changes no feature; of training only mean, standard_deviation, centre_crop do"
      ),
      (
        ["evaluate", "--model", "models/tiny.mcl", "--init", "zeros", "--data", data, "--out", "x"],
        "--init zeros: it takes none alone; name weights in the place of the run"
      ),
      (
        ["embed"] + random + ["--data", data, "-o", "x.txt"],
        "x.txt: name a file that ends in .safetensors, .npy or .csv"
      ),
      (
        ["embed"] + random + ["--data", data, "-o", "/nowhere/x.npy"],
        "/nowhere/x.npy: there is no folder /nowhere; make it first"
      ),
      (["embed"] + random + ["-o", "x.npy"], "name the folder of videos with --data"),
      (
        ["embed"] + random + ["--data", data, "-o", "x.npy", "--resize", "fitt"],
        "--resize fitt: give fit, none, or the pixels of the short side, such as 256"
      ),
      (
        ["embed"] + random + ["--data", data, "-o", data + "/slide.npy", "--best"],
        "--best goes with the folder of a run"
      ),
    ]
    for (arguments, sentence) in table {
      let outcome = try command.mclc(arguments)
      #expect(outcome.code == 2 && outcome.errors == "mclc: \(sentence)\n", "\(arguments): \(outcome.errors)")
    }
    let other = try command.mclc(
      ["embed", weights, "--model", "models/tiny.mcl", "--data", data, "-o", folder + "/x.npy"] + Self.shape)
    #expect(
      other.code == 2 && other.errors.contains("weights.safetensors: it is text, not safetensors"),
      "\(other.errors)")
  }
}
