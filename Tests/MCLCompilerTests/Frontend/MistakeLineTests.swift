import Foundation
import MCLGraph
import Testing

/// Every mistake of a model is reported at the line where it was made. The models mark these lines themselves:
/// `// MISTAKE` and the beginning of the sentence.
@Suite struct MistakeLineTests {
  /// `line: sentence` for every mark of a text.
  private static func marks(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { index, line in
      line.range(of: "// MISTAKE ").map { "\(index + 1): \(line[$0.upperBound...])" }
    }
  }

  /// The lines of `complaint` about the file at `path`, each cut to the mark it begins with, if there is one.
  private static func found(_ complaint: String, _ path: String, _ marks: [String]) -> [String] {
    complaint.split(separator: "\n").filter { $0.hasPrefix("\(path):") }.map { line in
      let place = line.dropFirst(path.count + 1).split(separator: ":", maxSplits: 1)
      var message = place.count < 2 ? "" : String(place[1])
      for prefix in [" error: ", "in '"] where message.hasPrefix(prefix) {
        message.removeFirst(prefix.count)
        if prefix == "in '", let end = message.range(of: "': ") {
          message = String(message[end.upperBound...])
        }
      }
      let said = "\(place[0]): \(message)"
      return marks.first { said.hasPrefix($0) } ?? said
    }
  }

  private func expectMarks(_ files: [(name: String, text: String)]) throws {
    let workspace = try ModelWorkspace()
    let paths = try files.map { try workspace.write($0.name, $0.text) }
    let complaint = try #require(workspace.complaint(paths[0]))
    for (path, file) in zip(paths, files) {
      let marks = Self.marks(file.text)
      #expect(Self.found(complaint, path, marks).sorted() == marks.sorted(), "\(complaint)")
    }
    let lines = complaint.split(separator: "\n").count
    #expect(lines == files.reduce(0) { $0 + Self.marks($1.text).count }, "\(complaint)")
  }

  @Test func ofOperatorsAndFunctions() throws {
    let text = #"""
      import MCLGraph

      let wrong = Model("wrong") { settings in
        Program("operators") { context in
          let a = context.input("a", [2, 3])
          let b = context.input("b", [4, 5])
          let n = context.input("n", [2, 3], .int64)
          var all: [Tensor] = []
          all.append(a + b)  // MISTAKE add of f32[2,3] and f32[4,5]
          all.append(a - b)  // MISTAKE subtract of f32[2,3] and f32[4,5]
          all.append(a * n)  // MISTAKE multiply of f32[2,3] and i64[2,3]
          all.append(a / b)  // MISTAKE divide of f32[2,3] and f32[4,5]
          all.append(a % 2)  // MISTAKE remainder takes i64
          all.append(n / 2.5)  // MISTAKE i64 elements hold integers, not 2.5
          all.append(0.5 / n)  // MISTAKE i64 elements hold integers, not 0.5
          all.append(maximum(a, b))  // MISTAKE maximum of f32[2,3] and f32[4,5]
          all.append(minimum(a, b))  // MISTAKE minimum of f32[2,3] and f32[4,5]
          all.append(select(a, .less, n, then: a, else: a))  // MISTAKE select compares
          all.append(select(a, .less, 0, then: a, else: b))  // MISTAKE select over [2, 3] chooses
          all.append(n.exponential())  // MISTAKE exponential takes f32
          all.append(n.logarithm())  // MISTAKE logarithm takes f32
          all.append(n.squareRoot())  // MISTAKE squareRoot takes f32
          all.append(n.reciprocal())  // MISTAKE reciprocal takes f32
          // A long expression is told by the line of its part.
          all.append(
            a.reshaped([3, 2])
              .sum([0])
              .reshaped([7])  // MISTAKE reshape of f32[1,2] to [7]
              .exponential())
          let sum =
            a
            + a * 2
            - b  // MISTAKE subtract of f32[2,3] and f32[4,5]
          return Step(outputs: (all + [sum]).enumerated().map { ("y\($0.offset)", $0.element) })
        }
        Program("shapes") { context in
          let a = context.input("a", [2, 3])
          let b = context.input("b", [4, 5])
          let n = context.input("n", [2, 3], .int64)
          var all: [Tensor] = []
          all.append(a.flattened(from: 2))  // MISTAKE flattened from axis 2
          all.append(a.broadcast(to: [4, 3]))  // MISTAKE broadcast of f32[2,3] to [4, 3]
          all.append(a.transposed([0, 0]))  // MISTAKE transpose of f32[2,3] by [0, 0]
          all.append(a.sum().matrixTransposed())  // MISTAKE a matrix is transposed
          all.append(a.sliced(axis: 1, 2..<9))  // MISTAKE slice 2..<9
          all.append(a.padded(axis: 0, before: -1, after: 0))  // MISTAKE pad by -1 and 0
          all.append(a.padded(axis: 5, before: 0, after: 0))  // MISTAKE pad along axis 5
          all.append(a.matmul(b))  // MISTAKE matmul of f32[2,3] and f32[4,5]
          all.append(a.sum([2]))  // MISTAKE sum over axes [2]
          all.append(a.maximum([1, 1]))  // MISTAKE maximum over axes [1, 1]
          all.append(a.mean([3]))  // MISTAKE sum over axes [3]
          all.append(a.variance([4]))  // MISTAKE sum over axes [4]
          all.append(n.mean([0]))  // MISTAKE mean takes f32
          all.append(a.sum(.height))  // MISTAKE sum over axes [3]
          all.append(a.mean(.width))  // MISTAKE sum over axes [4]
          all.append(concatenate([], axis: 0))  // MISTAKE concatenate needs at least one operand
          all.append(concatenate([a], axis: 7))  // MISTAKE concatenate along axis 7
          all.append(concatenate([a, b], axis: 0))  // MISTAKE concatenate of f32[2,3] and f32[4,5]
          return Step(outputs: all.enumerated().map { ("y\($0.offset)", $0.element) })
        }
        Program("composites") { context in
          let a = context.input("a", [2, 3])
          let b = context.input("b", [4, 5])
          let labels = context.input("labels", [2])
          let n = context.input("n", [2, 3], .int64)
          var all: [Tensor] = []
          all.append(a.logSoftmax(axis: 5))  // MISTAKE maximum over axes [5]
          all.append(a.softmax(axis: 6))  // MISTAKE maximum over axes [6]
          all.append(a.normalized(axis: 7))  // MISTAKE sum over axes [7]
          all.append(a.dot(b, axis: 1))  // MISTAKE multiply of f32[2,3] and f32[4,5]
          all.append(a.crossEntropy(labels: labels))  // MISTAKE one_hot takes i64
          all.append(a.sum().crossEntropyOfFirst())  // MISTAKE maximum over axes [1]
          all.append(a.sum().probabilityOfFirst())  // MISTAKE maximum over axes [1]
          all.append(gradient(of: a, at: a))  // MISTAKE the gradient is taken of f32[2,3]
          all.append(gradient(of: n.sum(), at: a))  // MISTAKE the gradient is taken of i64[]
          all += gradient(of: a * 2, at: [a, a])  // MISTAKE the gradient is taken of f32[2,3]
          all.append(a.oneHot(classes: 3))  // MISTAKE one_hot takes i64
          all.append(Tensor(poisonedBy: Diagnostic("my own rule")))  // MISTAKE my own rule
          return Step(outputs: all.enumerated().map { ("y\($0.offset)", $0.element) })
        }
      }
      """#
    #expect(Self.marks(text).count >= 45)
    try expectMarks([("wrong.mcl", text)])
  }

  @Test func ofHelpersLayersAndOtherFiles() throws {
    let main = #"""
      // mcl-uses: parts.mcl
      import MCLGraph

      func scaled(_ x: Tensor, by y: Tensor) -> Tensor {
        let doubled = x * 2
        return doubled * y  // MISTAKE multiply of f32[2,3] and f32[4,5]
      }

      struct Halving: Layer {
        func expression(of input: Tensor, in scope: Scope) -> Tensor {
          let half = input.shape[1] / 2
          return input.reshaped([half])  // MISTAKE reshape of f32[1,4,2,4,4] to [2]
        }
      }

      let wrong = Model("wrong") { settings in
        let twice = { (x: Tensor) -> Tensor in
          x.reshaped([x.count * 2])  // MISTAKE reshape of f32[2,3] to [12]
        }
        for name in ["first", "second"] {
          Program(name) { context in
            func local(_ x: Tensor) -> Tensor {
              x.sum([9])  // MISTAKE sum over axes [9]
            }
            let a = context.input("a", [2, 3])
            let b = context.input("b", [4, 5])
            var all = [scaled(a, by: b), twice(a), local(a), recursive(a, 3), a.cubed()]
            for count in 1...3 {
              all.append(a.sliced(axis: 0, 0..<count))  // MISTAKE slice 0..<3
            }
            all += [2, 3].map { size in
              a.reshaped([size, 3])  // MISTAKE reshape of f32[2,3] to [3, 3]
            }
            if all.count > 3 {
              all.append(a.matmul(a))  // MISTAKE matmul of
            }
            return Step(outputs: all.enumerated().map { ("y\($0.offset)", $0.element) })
          }
        }
        Program("layers") { context in
          let clip = context.input("clip", [1, 3, 2, 4, 4])
          let scope = Scope(context, path: "net", parameters: "q", isTraining: true, isTrainable: true)
          func applied(_ layer: any Layer) -> Tensor { layer(clip, in: scope) }
          let all = [
            applied(Conv("a", [1, 1], 4)),  // MISTAKE Conv takes
            applied(Conv("b", [9, 1, 1], 4, padding: [0, 0, 0])),  // MISTAKE the kernel
            applied(BatchNorm("c", groups: 2)),  // MISTAKE BatchNorm takes
            applied(MaxPooling([1, 9, 9], stride: [1, 1, 1])),  // MISTAKE the kernel
            applied(Linear("d", 4)),  // MISTAKE Linear takes
            applied(
              Residual {  // MISTAKE the content of Residual gives
                Conv("e", [1, 1, 1], 4)
              } shortcut: {
                ReLU()
              }),
            applied(
              Chain {
                Conv("f", [1, 1, 1], 4)
                Halving()
              }),
            applied(
              Chain {
                GlobalAveragePool()
                GlobalAveragePool()  // MISTAKE GlobalAveragePool takes
              }),
          ]
          return Step(outputs: all.enumerated().map { ("y\($0.offset)", $0.element) })
        }
      }
      """#
    let parts = #"""
      import MCLGraph

      func recursive(_ x: Tensor, _ depth: Int) -> Tensor {
        if depth > 0 { return recursive(x + 1, depth - 1) }
        return x
          .transposed([1])  // MISTAKE transpose of
      }

      extension Tensor {
        func cubed() -> Tensor { self * self * self.sum([8]) }  // MISTAKE sum over axes [8]
      }
      """#
    try expectMarks([("wrong.mcl", main), ("parts.mcl", parts)])
  }

  @Test func ofDeclarationsAndUpdates() throws {
    let text = #"""
      import MCLGraph

      let wrong = Model("wrong") { settings in
        Program("declarations") { context in
          let x = context.input("x", [2])
          let again = context.input("x", [3])  // MISTAKE the name 'x' is declared twice
          let w = context.state("w", [2], initializer: .constant(0))
          let v = context.state("w", [3], initializer: .constant(0))  // MISTAKE state 'w' is used as
          let none = context.input("none", [0])  // MISTAKE 'none' has the shape [0]
          let lost = context.tapped("nothing")  // MISTAKE nothing is called 'nothing' here
          context.change(w, to: x.sum())  // MISTAKE state 'w' is f32[2] but its update is f32[]
          context.change(x, to: x)  // MISTAKE an update must name a state as 'state' declared it, but 'x' is
          return Step(
            outputs: [("a", again), ("b", v), ("c", none), ("d", lost)])
        }
        Program("input") { context in
          let x = context.input("x", [2])
          return Step(  // MISTAKE an update must name a state as 'state' declared it, but 'x' is an input
            outputs: [("y", x)],
            updates: [(x, x * 2)])
        }
        Program("result") { context in
          let w = context.state("w", [2], initializer: .constant(0))
          let next = w * 2
          return Step(outputs: [], updates: [(next, w)])  // MISTAKE an update must name a state as 'state' declared
        }
        Program("twice") { context in
          let w = context.state("w", [2], initializer: .constant(0))
          return Step(outputs: [], updates: [(w, w + 1), (w, w + 2)])  // MISTAKE state 'w' is updated twice
        }
        Program("type") { context in
          let w = context.state("w", [2], initializer: .constant(0))
          return Step(outputs: [("y", w)], updates: [(w, w.sum())])  // MISTAKE state 'w' is f32[2] but
        }
        Program("outputs") { context in
          let x = context.input("x", [2])
          return Step(outputs: [("y", x), ("y", x + 1)])  // MISTAKE the output 'y' is given twice
        }
        Program("outputs") { context in  // MISTAKE the program 'outputs' is declared twice
          Step(outputs: [("y", context.input("x", [2]))])
        }
      }
      """#
    try expectMarks([("wrong.mcl", text)])
  }

  @Test func ofStatesBetweenPrograms() throws {
    try expectMarks([
      (
        "wrong.mcl",
        #"""
        import MCLGraph
        let wrong = Model("wrong") { settings in
          Program("one") { context in
            Step(outputs: [("y", context.state("w", [2], initializer: .constant(0)))])
          }
          Program("two") { context in
            Step(outputs: [
              ("y", context.state("w", [3], initializer: .constant(0)))  // MISTAKE state 'w' is f32[2] in program
            ])
          }
        }
        """#
      )
    ])
    try expectMarks([
      (
        "empty.mcl",
        "import MCLGraph\nlet empty = Model(\"empty\") { settings in  // MISTAKE model 'empty' has no program\n}\n"
      )
    ])
  }

  /// Without a symbolizer a mistake still has a line: that of an operand.
  @Test func withoutASymbolizer() throws {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let compilers: [String] = path.split(separator: ":").map { "\($0)/swiftc" }
    let real = try #require(compilers.first { access($0, X_OK) == 0 })
    let folder = try ModelWorkspace()
    let compiler = try folder.write("swiftc", "#!/bin/sh\nexec '\(real)' \"$@\"\n")
    #expect(chmod(compiler, 0o700) == 0)
    let workspace = try ModelWorkspace(environment: ["MCL_SWIFTC": compiler, "PATH": "/nonexistent"])
    let model = try workspace.write(
      "wrong.mcl",
      """
      import MCLGraph
      let wrong = Model("wrong") { settings in
        Program("run") { context in
          let a = context.input("a", [2])

          return Step(outputs: [("y", a.sum([4]))])
        }
      }
      """)
    #expect(
      workspace.complaint(model)
        == "\(model):4: error: in 'a': sum over axes [4] of f32[2]: name each axis of the tensor once")
  }
}
