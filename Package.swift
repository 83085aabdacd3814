// swift-tools-version: 6.1
import PackageDescription

/// The LLVM to link. Debian's `llvm-dev` of bookworm is 14; the C API used here serves 14 to 19.
let llvmVersion = Context.environment["MCL_LLVM_VERSION"] ?? "14"

let swift6: [SwiftSetting] = [.swiftLanguageMode(.v6)]

let package = Package(
  name: "mclc",
  products: [
    .library(name: "MCLGraph", type: .dynamic, targets: ["MCLGraph"]),
    .library(name: "MCLCompiler", targets: ["MCLCompiler"]),
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
    .target(name: "MCLGraph", swiftSettings: swift6),
    .target(
      name: "MCLCompiler", dependencies: ["MCLGraph", "CLLVM"], swiftSettings: swift6,
      linkerSettings: [.linkedLibrary("LLVM-\(llvmVersion)")]),
    .target(
      name: "MCLRuntime", dependencies: ["MCLGraph", "MCLCompiler", "CFFmpeg", "CHeap"],
      swiftSettings: swift6),
    .executableTarget(
      name: "mclc",
      dependencies: [
        "MCLGraph", "MCLCompiler", "MCLRuntime",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: swift6),
    .executableTarget(
      name: "own-loss", dependencies: ["MCLGraph", "MCLCompiler", "MCLRuntime"], path: "Examples/OwnLoss",
      swiftSettings: swift6),
    .target(
      name: "MCLTestKit", dependencies: ["MCLGraph", "MCLCompiler", "MCLRuntime", "COpenBLAS"],
      swiftSettings: swift6),
    .testTarget(
      name: "MCLGraphTests", dependencies: ["MCLGraph", "MCLTestKit"], swiftSettings: swift6),
    .testTarget(
      name: "MCLCompilerTests", dependencies: ["MCLCompiler", "MCLRuntime", "MCLTestKit"],
      swiftSettings: swift6),
    .testTarget(
      name: "CommandLineTests", dependencies: ["mclc", "own-loss", "MCLTestKit"], swiftSettings: swift6),
    .testTarget(
      name: "MCLRuntimeTests", dependencies: ["MCLRuntime", "MCLTestKit"],
      exclude: [
        "Sampling/Fixtures/make_augmentation_fixtures.py", "Sampling/Fixtures/make_torchvision_fixtures.py",
      ], swiftSettings: swift6),
  ]
)
