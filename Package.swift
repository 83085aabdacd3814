// swift-tools-version: 6.1
import PackageDescription

/// The LLVM to link. Debian's `llvm-dev` of bookworm is 14; the C API used here serves 14 to 19.
let llvmVersion = Context.environment["MCL_LLVM_VERSION"] ?? "14"

let swift6: [SwiftSetting] = [.swiftLanguageMode(.v6)]

/// A module of `Sources` and the others that it may import; `make build` holds it to them. docs/TOUR.md draws them all.
func module(_ name: String, _ imports: [Target.Dependency] = [], links: [LinkerSetting] = []) -> Target {
  .target(name: name, dependencies: imports, swiftSettings: swift6, linkerSettings: links)
}

/// What compiles and runs programs on data of videos, and all below it.
let runner: [Target.Dependency] = [
  "LLVMBindings", "MCLCompiler", "MCLData", "MCLExecution", "MCLGraph", "MCLKernelForms", "MCLKernels",
  "MCLMotion", "MCLPasses", "MCLSupport", "MCLVideo", "MCLWeights",
]
/// What trains them as well.
let engine: [Target.Dependency] = runner + ["MCLDrawing", "MCLFrontend", "MCLRuntime"]
/// What people look at what it does with.
let tools: [Target.Dependency] = ["MCLBenchmark", "MCLEvaluation", "MCLParity", "MCLReport"]
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "mclc",
  products: [
    .library(name: "MCLGraph", type: .dynamic, targets: ["MCLGraph"]),
    .library(name: "MCLCompiler", targets: ["MCLCompiler", "MCLFrontend"]),
    .library(name: "MCLExecution", targets: ["MCLExecution"]),
    .library(name: "MCLRuntime", targets: ["MCLRuntime", "MCLData"]),
    .executable(name: "mclc", targets: ["mclc"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
  ],
  targets: [
    .systemLibrary(name: "CLLVM", providers: [.apt(["llvm-dev"])]),
    .systemLibrary(name: "COpenBLAS", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(
      name: "CFFmpeg",
      providers: [.apt(["libavformat-dev", "libavcodec-dev", "libavutil-dev", "libswscale-dev"])]),
    .systemLibrary(name: "CHeap"),
    .systemLibrary(name: "CLiblinear", providers: [.apt(["liblinear-dev"])]),

    // The ground, which stands alone.
    module("MCLGraph"),
    module("MCLSupport", ["CHeap"]),
    module("LLVMBindings", ["CLLVM"], links: [.linkedLibrary("LLVM-\(llvmVersion)")]),

    // The compiler. Passes and kernels do not see each other, only the forms between them.
    module("MCLFrontend", ["MCLGraph", "MCLSupport"]),
    module("MCLKernelForms", ["MCLGraph"]),
    module("MCLPasses", ["MCLGraph", "MCLKernelForms", "MCLSupport"]),
    module("MCLKernels", ["LLVMBindings", "MCLGraph", "MCLKernelForms", "MCLSupport"]),
    module(
      "MCLCompiler", ["LLVMBindings", "MCLGraph", "MCLKernelForms", "MCLKernels", "MCLPasses", "MCLSupport"]),

    // What runs programs.
    module("MCLWeights", ["MCLGraph", "MCLSupport"]),
    module(
      "MCLExecution",
      ["MCLCompiler", "MCLGraph", "MCLKernelForms", "MCLKernels", "MCLPasses", "MCLSupport", "MCLWeights"]),

    // Videos, their motion, what is drawn from them; pictures.
    module("MCLVideo", ["CFFmpeg", "MCLSupport"]),
    module("MCLMotion", ["MCLGraph", "MCLKernelForms", "MCLKernels", "MCLSupport", "MCLVideo"]),
    module("MCLData", ["MCLGraph", "MCLMotion", "MCLSupport", "MCLVideo"]),
    module("MCLDrawing", ["MCLSupport", "MCLVideo"]),

    // What trains, and the tools of people.
    module(
      "MCLRuntime",
      [
        "MCLCompiler", "MCLData", "MCLDrawing", "MCLExecution", "MCLGraph", "MCLMotion", "MCLSupport",
        "MCLVideo",
        "MCLWeights",
      ]),
    module("MCLBenchmark", runner),
    module(
      "MCLEvaluation",
      [
        "CLiblinear", "MCLCompiler", "MCLData", "MCLDrawing", "MCLExecution", "MCLGraph", "MCLMotion",
        "MCLRuntime", "MCLSupport",
        "MCLVideo",
        "MCLWeights",
      ]),
    module("MCLParity", engine),
    module("MCLReport", engine + ["MCLBenchmark"]),

    // The commands.
    module(
      "MCLCommandSupport",
      engine + ["MCLEvaluation", argumentParser, .product(name: "Yams", package: "Yams")]),
    module(
      "MCLMeasuringCommands", engine + ["MCLBenchmark", "MCLCommandSupport", "MCLParity", argumentParser]),
    .executableTarget(
      name: "mclc",
      dependencies: engine + tools + [
        "MCLCommandSupport", "MCLMeasuringCommands", argumentParser, .product(name: "Yams", package: "Yams"),
      ], swiftSettings: swift6),
    .executableTarget(
      name: "own-loss",
      dependencies: ["MCLCompiler", "MCLExecution", "MCLGraph", "MCLSupport", "MCLWeights"],
      path: "Examples/OwnLoss", swiftSettings: swift6),
    .executableTarget(
      name: "classifier", dependencies: engine, path: "Examples/Classifier", swiftSettings: swift6),

    // Tests. What tests of graphs need stands apart, so that they wait for nothing else.
    module("MCLTestKit", ["MCLFrontend", "MCLGraph", "MCLSupport", "MCLWeights"]),
    module("MCLEngineTestKit", runner + ["MCLTestKit"]),
    .testTarget(name: "MCLGraphTests", dependencies: ["MCLGraph", "MCLTestKit"], swiftSettings: swift6),
    .testTarget(
      name: "MCLCompilerTests",
      dependencies: runner + ["COpenBLAS", "MCLBenchmark", "MCLEngineTestKit", "MCLFrontend", "MCLTestKit"],
      swiftSettings: swift6),
    .testTarget(
      name: "CommandLineTests",
      dependencies: engine + tools + ["MCLEngineTestKit", "MCLTestKit", "classifier", "mclc", "own-loss"],
      swiftSettings: swift6),
    module("MCLDataTestKit", engine + ["MCLEngineTestKit", "MCLTestKit"]),
    .testTarget(
      name: "MCLRuntimeTests",
      dependencies: engine + tools + ["MCLDataTestKit", "MCLEngineTestKit", "MCLTestKit"],
      exclude: ["Evaluation/Fixtures/make_bootstrap_fixture.py"], swiftSettings: swift6),
    .testTarget(
      name: "MCLDataTests", dependencies: engine + ["MCLDataTestKit", "MCLEngineTestKit", "MCLTestKit"],
      exclude: [
        "Sampling/Fixtures/RandAugment.safetensors", "Sampling/Fixtures/make_randaugment_fixtures.py",
        "Sampling/Fixtures/make_augmentation_fixtures.py", "Sampling/Fixtures/make_torchvision_fixtures.py",
      ], swiftSettings: swift6),
  ]
)

// For a loop of seconds: only the test targets that MCL_TESTS names, and what they need (docs/ADDING-AN-OP.md).
if let names = Context.environment["MCL_TESTS"]?.split(separator: ",").map(String.init), !names.isEmpty {
  let targets = Dictionary(uniqueKeysWithValues: package.targets.map { ($0.name, $0) })
  var needed: Set<String> = []
  func need(_ name: String) {
    guard let target = targets[name], needed.insert(name).inserted else { return }
    for case .byNameItem(let other, _) in target.dependencies { need(other) }
  }
  names.forEach(need)
  package.targets.removeAll { !needed.contains($0.name) }
  package.products.removeAll { ($0 as? Product.Library)?.targets.allSatisfy(needed.contains) != true }
}
