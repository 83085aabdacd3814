import MCLKernelForms
import MCLKernels

/// A stencil sweep as machine code.
package struct CompiledSweep: Sendable {
  package let sweep: StencilSweep
  private let library: KernelLibrary
  private let pass: KernelEntry
  /// What bands leave for when all have made their pass; nil where that is nothing.
  private let seam: KernelEntry?
  package let scratchBytes: Int

  /// Compiles sweeps side by side, through the object cache.
  ///
  /// - Throws: `KernelError` or `LLVMError` where one cannot be made.
  package static func compile(
    _ sweeps: [StencilSweep], compiler: KernelCompiler = KernelCompiler()
  ) throws -> [CompiledSweep] {
    let result = try compiler.compile(sweeps.map { KernelSpecification($0) })
    let library = try KernelLibrary(result.objects)
    return try zip(sweeps, result.plans).map { sweep, plan in
      CompiledSweep(
        sweep: sweep, library: library, pass: try library.function(plan.phases[0].symbol),
        seam: plan.phases.count > 1 ? try library.function(plan.phases[1].symbol) : nil,
        scratchBytes: plan.scratchBytes)
    }
  }

  /// The numbers and pointers of one run, for one band of rows; several may run at once on the same planes.
  ///
  /// Bounds: every plane has its layout's padding around it, row planes as many rows as there are bands, `zeros` a row,
  /// `sums` `stages * height` floats, `scratch` `scratchBytes`, of this run alone, at a multiple of 64.
  package struct Run {
    private var arguments: [UnsafeMutableRawPointer?]
    private var geometry: [Int64]
    private let band: Int64
    private let code: CompiledSweep
    private let scratch: UnsafeMutableRawPointer

    package init(
      _ code: CompiledSweep, planes: [UnsafeMutablePointer<Float>], layout: PlaneLayout, band: Int,
      bands: Int,
      zeros: UnsafeMutablePointer<Float>, sums: UnsafeMutablePointer<Float>, scratch: UnsafeMutableRawPointer
    ) {
      precondition(planes.count == code.sweep.planeCount, "a sweep needs all its planes")
      self.code = code
      self.band = Int64(band)
      self.scratch = scratch
      geometry = [layout.width, layout.height, layout.stride, bands].map(Int64.init)
      arguments = planes.map { UnsafeMutableRawPointer($0) }
      arguments += [nil, UnsafeMutableRawPointer(zeros), UnsafeMutableRawPointer(sums)]
    }

    package mutating func pass() { call(code.pass) }
    package mutating func seam() { if let seam = code.seam { call(seam) } }

    private mutating func call(_ entry: KernelEntry) {
      let place = code.sweep.planeCount
      geometry.withUnsafeMutableBytes { numbers in
        arguments[place] = numbers.baseAddress
        arguments.withUnsafeBufferPointer { if let base = $0.baseAddress { entry(base, band, scratch) } }
      }
    }
  }
}
