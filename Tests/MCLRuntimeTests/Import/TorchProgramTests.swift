import MCLGraph
import MCLSupport
import MCLWeights
import Testing

/// A program's graph as PyTorch code.
@Suite struct TorchProgramTests {
  private typealias Build = @Sendable (ProgramContext, VideoSample) -> Step

  private func program(_ build: @escaping Build) throws -> Graph {
    let model = Model("m") { _ in
      Program("p") { context in
        build(context, context.sample(.clips, batch: 2, frames: 4, step: 2, size: (8, 8)))
      }
    }
    return try #require(try model.module().programs.first)
  }

  private func code(_ build: @escaping Build) throws -> TorchProgram {
    let graph = try program(build)
    return try TorchProgram(graph, clip: "c", names: WeightNames(graph.states))
  }

  private func complaint(_ build: @escaping Build) -> String {
    (#expect(throws: UsageError.self) { try code(build) })?.description ?? ""
  }

  @Test func aNetworkReadsAsOneWouldWriteIt() throws {
    let code = try code { context, sample in
      let scope = Scope(context, isTraining: false)
      let convolved = Conv("conv", [1, 3, 3], 5, stride: [1, 2, 2])(sample.clip("c"), in: scope)
      let stem = ReLU()(BatchNorm("bn")(convolved, in: scope), in: scope)
      let weight = scope.parameter(
        "fc.weight", [2, 5], .constant(1), at: SourceLocation(file: "m", line: 1))
      let pooled = (stem * 2 + 0.5).mean([2, 3, 4]).reshaped([2, 5])
      return Step(outputs: [("f", pooled.matmul(weight.matrixTransposed()))])
    }
    #expect(
      code.lines == [
        #"conv = functional.conv3d(clip, w["conv.weight"], stride=(1, 2, 2), padding=(0, 1, 1))  # [N, 5, 4, 4, 4]"#,
        #"bn = functional.batch_norm(conv, w["bn.running_mean"], w["bn.running_var"], w["bn.weight"], w["bn.bias"], "#
          + "eps=1e-05)  # [N, 5, 4, 4, 4]",
        "bn_relu = functional.relu(bn)  # [N, 5, 4, 4, 4]", "bn_multiply = bn_relu * 2.0  # [N, 5, 4, 4, 4]",
        "bn_add = bn_multiply + 0.5  # [N, 5, 4, 4, 4]",
        "bn_sum = bn_add.sum(dim=(2, 3, 4), keepdim=True)  # [N, 5, 1, 1, 1]",
        "bn_divide = bn_sum / 64.0  # [N, 5, 1, 1, 1]",
        "bn_reshaped = bn_divide.reshape((-1, 5))  # [N, 5]",
        #"fc_transposed = w["fc.weight"].permute((1, 0))  # [5, 2]"#,
        "fc_matmul = bn_reshaped @ fc_transposed  # [N, 2]",
      ])
    #expect(code.result == "fc_matmul" && !code.isBatchFixed)
    #expect(
      Set(code.weights) == [
        "conv.weight", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var", "fc.weight",
      ])
  }

  @Test func everyOperationHasItsLine() throws {
    let code = try code { _, sample in
      let pooled = sample.clip("c").maxPooled(kernel: [1, 3, 3], stride: [1, 2, 2], padding: [0, 1, 1])
      let parts = [pooled.padded(axis: 1, before: 1, after: 0), pooled.sliced(axis: 1, 0..<2)]
      let rows = concatenate(parts, axis: 1).standardized([2, 3, 4], epsilon: 1e-5).maximum([3, 4])
        .transposed([0, 2, 1, 3, 4]).reshaped([2, 24])
      let kept = select(rows, .greater, 0, then: -rows.reciprocal(), else: rows.filled(with: 3))
      return Step(outputs: [("f", kept + (rows * rows + 1).logarithm())])
    }
    #expect(
      code.lines == [
        "c_max_pool = functional.max_pool3d(clip, (1, 3, 3), stride=(1, 2, 2), padding=(0, 1, 1))  # [N, 3, 4, 4, 4]",
        "c_padded = functional.pad(c_max_pool, (0, 0, 0, 0, 0, 0, 1, 0))  # [N, 4, 4, 4, 4]",
        "c_slice = c_max_pool.narrow(1, 0, 2)  # [N, 2, 4, 4, 4]",
        "c_concatenated = torch.cat([c_padded, c_slice], dim=1)  # [N, 6, 4, 4, 4]",
        "c_standardized = (c_concatenated - c_concatenated.mean(dim=(2, 3, 4), keepdim=True)) / "
          + "(c_concatenated.var(dim=(2, 3, 4), unbiased=False, keepdim=True) + 1e-05).sqrt()  # [N, 6, 4, 4, 4]",
        "c_maximum = c_standardized.amax(dim=(3, 4), keepdim=True)  # [N, 6, 4, 1, 1]",
        "c_transposed = c_maximum.permute((0, 2, 1, 3, 4))  # [N, 4, 6, 1, 1]",
        "c_reshaped = c_transposed.reshape((-1, 24))  # [N, 24]",
        "c_reciprocal = c_reshaped.reciprocal()  # [N, 24]", "c_negate = -c_reciprocal  # [N, 24]",
        "c_select = torch.where(c_reshaped > 0.0, c_negate, 3.0)  # [N, 24]",
        "c_multiply = c_reshaped * c_reshaped  # [N, 24]", "c_add = c_multiply + 1.0  # [N, 24]",
        "c_logarithm = c_add.log()  # [N, 24]", "c_add_2 = c_select + c_logarithm  # [N, 24]",
      ])
    #expect(code.result == "c_add_2" && !code.isBatchFixed && code.weights.isEmpty)
  }

  /// Where clips see each other, or their number is part of a shape, the code serves that number alone.
  @Test func whatSeesOtherClipsIsForTheProgramsOwnNumberOfThem() throws {
    let builds: [Build] = [
      { _, sample in
        let f = sample.clip("c").mean([2, 3, 4]).reshaped([2, 3])
        return Step(outputs: [("f", f - f.mean([0]))])
      },
      { _, sample in Step(outputs: [("f", sample.clip("c").reshaped([6, 256]))]) },
      { _, sample in
        let f = sample.clip("c").mean([2, 3, 4]).reshaped([2, 3])
        return Step(outputs: [("f", f.matmul(f.matrixTransposed()))])
      },
      { _, sample in Step(outputs: [("f", sample.clip("c").sliced(axis: 0, 0..<1))]) },
    ]
    for build in builds { #expect(try code(build).isBatchFixed) }
  }

  @Test func whatHasNoFormIsRefusedByName() {
    let refused = complaint { context, sample in
      let f = sample.clip("c").mean([2, 3, 4]).reshaped([2, 3])
      let start = Tensor.constant(0, [], .int64)
      return Step(outputs: [("f", f.replacingRows(with: f.sliced(axis: 0, 0..<1), from: start))])
    }
    #expect(
      refused
        == "program 'p' uses the operation 'update_rows' at 'c', which has no form in PyTorch, so that no model.py can be "
        + "written; name another program with --program, or another value with --layer")
    let kept = complaint { context, sample in
      let f = sample.clip("c").mean([2, 3, 4]).reshaped([2, 3])
      return Step(outputs: [("f", f + context.state("drift", [2, 3], initializer: .constant(0)))])
    }
    #expect(
      kept
        == "program 'p' depends on the state 'drift', which is no weight and is not exported, so that no model.py can be "
        + "written; name another program with --program")
  }

  @Test func namesAreWordsOfPython() throws {
    let code = try code { context, sample in
      let scope = Scope(context, isTraining: false)
      let first = Conv("0", [1, 1, 1], 2)(sample.clip("c"), in: scope)
      return Step(outputs: [("f", Conv("class", [1, 1, 1], 2)(first, in: scope))])
    }
    #expect(code.lines.map { $0.prefix { $0 != " " } } == ["v0", "class_2"])
    #expect(TorchProgram.quoted("a\"b\\\n\u{e9}") == "\"a\\\"b\\\\\\x0a\u{e9}\"")
    #expect(TorchProgram.tuple([3]) == "(3,)" && TorchProgram.tuple([]) == "()")
  }
}
