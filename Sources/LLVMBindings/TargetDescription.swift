import CLLVM

/// The processor that kernels are compiled for: all that the emitters and the object cache need to know of it.
package struct TargetDescription: Hashable, Sendable {
  package var triple: String
  package var cpu: String
  /// LLVM's feature string, such as `+avx2,+fma`.
  package var features: String
  /// Bytes in the vectors that kernels are written with.
  package var vectorBytes: Int
  /// Vector registers that code may hold values in.
  package var vectorRegisters: Int
  /// Whether multiply-add rounded once is an instruction; it must not become a call.
  package var hasFusedMultiplyAdd: Bool

  /// Float32 lanes of a vector.
  package var lanes: Int { vectorBytes / 4 }

  /// A target by LLVM's names; widths follow from the features, `vectorBytes` overrides the choice.
  package init(triple: String, cpu: String, features: String, vectorBytes: Int? = nil) {
    self.triple = triple
    self.cpu = cpu
    self.features = features
    let enabled = Set(features.split(separator: ",").filter { $0.hasPrefix("+") }.map { $0.dropFirst() })
    let isARM = triple.hasPrefix("aarch64") || triple.hasPrefix("arm64")
    let hasWide = enabled.contains("avx512f") && enabled.contains("avx512vl")
    let widest = hasWide ? 64 : enabled.contains("avx2") ? 32 : 16
    self.vectorBytes = min(vectorBytes ?? widest, widest)
    vectorRegisters = hasWide || isARM ? 32 : 16
    hasFusedMultiplyAdd = enabled.contains("fma") || isARM
  }

  /// The machine this runs on.
  package static let host: TargetDescription = {
    func take(_ text: UnsafeMutablePointer<CChar>?) -> String {
      defer { LLVMDisposeMessage(text) }
      return text.map { String(cString: $0) } ?? ""
    }
    let features = take(LLVMGetHostCPUFeatures()).split(separator: ",").sorted().joined(separator: ",")
    return TargetDescription(
      triple: take(LLVMGetDefaultTargetTriple()), cpu: take(LLVMGetHostCPUName()), features: features)
  }()
}
