// swift-tools-version: 6.1
import PackageDescription

/// The LLVM to link. Debian's `llvm-dev` of bookworm is 14; the C API used here serves 14 to 19.
let llvmVersion = Context.environment["MCL_LLVM_VERSION"] ?? "14"

let swift6: [SwiftSetting] = [.swiftLanguageMode(.v6)]

/// A module of `Sources` and the others that it may import; `make build` holds it to them. docs/TOUR.md draws them all.
func module(_ name: String, _ imports: [Target.Dependency] = [], links: [LinkerSetting] = []) -> Target {
  .target(name: name, dependencies: imports, swiftSettings: swift6, linkerSettings: links)
}

/// What feeds, runs and measures programs, and all below it.
let engine: [Target.Dependency] = [
  "LLVMBindings", "MCLCompiler", "MCLDrawing", "MCLExecution", "MCLFrontend", "MCLGraph", "MCLKernelForms",
  "MCLKernels",
  "MCLMotion", "MCLPasses", "MCLRuntime", "MCLSupport", "MCLVideo", "MCLWeights",
]
/// What people look at what it does with.
let tools: [Target.Dependency] = ["MCLBenchmark", "MCLParity", "MCLReport"]

let package = Package(
  name: "mclc",
  products: [
    .library(name: "MCLGraph", type: .dynamic, targets: ["MCLGraph"]),
    .library(name: "MCLCompiler", targets: ["MCLCompiler", "MCLFrontend"]),
    .library(name: "MCLExecution", targets: ["MCLExecution"]),
    .library(name: "MCLRuntime", targets: ["MCLRuntime"]),
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

    // Videos, their motion, pictures.
    module("MCLVideo", ["CFFmpeg", "MCLSupport"]),
    module("MCLMotion", ["MCLGraph", "MCLKernelForms", "MCLKernels", "MCLSupport", "MCLVideo"]),
    module("MCLDrawing", ["MCLSupport", "MCLVideo"]),

    // What trains, and the tools of people.
    module(
      "MCLRuntime",
      [
        "MCLCompiler", "MCLDrawing", "MCLExecution", "MCLGraph", "MCLMotion", "MCLSupport", "MCLVideo",
        "MCLWeights",
      ]),
    module("MCLBenchmark", engine),
    module("MCLParity", engine),
    module("MCLReport", engine + ["MCLBenchmark"]),
    .executableTarget(
      name: "mclc",
      dependencies: engine + tools + [
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Yams", package: "Yams"),
      ], swiftSettings: swift6),
    .executableTarget(
      name: "own-loss",
      dependencies: ["MCLCompiler", "MCLExecution", "MCLGraph", "MCLSupport", "MCLWeights"],
      path: "Examples/OwnLoss", swiftSettings: swift6),
    .executableTarget(
      name: "classifier", dependencies: engine, path: "Examples/Classifier", swiftSettings: swift6),

    module("MCLTestKit", engine + ["MCLParity"]),
    .testTarget(name: "MCLGraphTests", dependencies: ["MCLGraph", "MCLTestKit"], swiftSettings: swift6),
    .testTarget(
      name: "MCLCompilerTests", dependencies: engine + ["COpenBLAS", "MCLBenchmark", "MCLTestKit"],
      swiftSettings: swift6),
    .testTarget(
      name: "CommandLineTests",
      dependencies: engine + tools + ["MCLTestKit", "classifier", "mclc", "own-loss"],
      swiftSettings: swift6),
    .testTarget(
      name: "MCLRuntimeTests", dependencies: engine + tools + ["MCLTestKit"],
      exclude: [
        "Sampling/Fixtures/make_augmentation_fixtures.py", "Sampling/Fixtures/make_torchvision_fixtures.py",
      ], swiftSettings: swift6),
  ]
)
