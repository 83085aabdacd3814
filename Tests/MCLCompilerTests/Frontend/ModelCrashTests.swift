import Foundation
import MCLFrontend
import MCLGraph
import Testing

/// How a model's process or swiftc ends is always told, with the model's line where it has one.
@Suite struct ModelCrashTests {
  private static let traps = #"""
    // mcl-uses: parts.mcl
    import Glibc
    import MCLGraph

    struct Failure: Error {}
    func thrown() throws -> Int { throw Failure() }

    let traps = Model("traps") { settings in
      let kind = settings.choice(
        "kind", default: "", of: ["", "range", "index", "nil", "overflow", "division", "precondition", "cast",
          "try", "count", "helper", "global", "recursion", "exit", "exit3", "poisoned", "text"])
      let zero = settings.isGiven("nothing") ? 1 : 0
      Program("run") { context in
        let x = context.input("x", [3])
        print("the kind is \(kind)", terminator: "")
        var numbers = [1, 2, 3]
        switch kind {
        case "range":
          for index in 0..<(zero - 1) { numbers.append(index) }  // range
        case "index":
          numbers[3 + zero] = 1  // index
        case "nil":
          let none: Int? = zero == 0 ? nil : 1
          numbers.append(none!)  // nil
        case "overflow":
          numbers.append(
            numbers[2]
              + (Int.max - zero))  // overflow
        case "division":
          numbers.append(1 / zero)  // division
        case "precondition":
          precondition(zero == 1, "zero is not one")  // precondition
        case "cast":
          let value: Any = numbers
          print(value as! String)  // cast
        case "try":
          numbers.append(try! thrown())  // try
        case "count":
          numbers += [Int](repeating: 0, count: zero - 1)  // count
        case "helper": numbers.append(helper(zero))
        case "global": numbers.append(broken)
        case "recursion": numbers.append(endless(zero))
        case "exit": exit(0)
        case "exit3": exit(3)
        case "poisoned":
          let wrong = x.sum([5])  // mistake
          numbers.append(wrong.shape[1])  // poisoned
        case "text": print("...\nFatal error")
        default: break
        }
        return Step(outputs: [("y", x * Double(numbers.count))])
      }
    }
    """#

  private static let parts = """
    let broken = [1, 2][2 + helperOffset]  // global
    let helperOffset = 0

    func helper(_ zero: Int) -> Int {
      let bytes = UInt8(255 + zero)
      let sum = bytes + 1  // helper
      return Int(sum)
    }

    func endless(_ depth: Int) -> Int {  // recursion
      endless(depth + 1) + 1
    }
    """

  private static func line(_ text: String, _ mark: String) -> Int {
    1
      + (text.split(separator: "\n", omittingEmptySubsequences: false).firstIndex {
        $0.hasSuffix("// \(mark)")
      } ?? -9)
  }

  /// One executable serves all: only the first load compiles.
  @Test func trapsHaveTheModelsLine() throws {
    let workspace = try ModelWorkspace()
    let main = try workspace.write("traps.mcl", Self.traps)
    let parts = try workspace.write("parts.mcl", Self.parts)
    func expect(
      _ kind: String, _ reason: String, in path: String? = nil, before: String = "",
      sourceLocation: Testing.SourceLocation = #_sourceLocation
    ) {
      let file = path ?? main
      let line = Self.line(file == main ? Self.traps : Self.parts, kind)
      #expect(
        workspace.complaint(main, ["kind": kind])
          == "\(before)\(file):\(line): error: the model crashed while it was built: \(reason)\n"
          + "\(main): note: the model printed:\nthe kind is \(kind)", sourceLocation: sourceLocation)
    }
    expect("range", "Range requires lowerBound <= upperBound")
    expect("index", "Index out of range")
    expect("nil", "Unexpectedly found nil while unwrapping an Optional value")
    expect("overflow", "arithmetic overflow")
    expect("division", "Division by zero")
    expect("precondition", "zero is not one")
    expect("count", "Can't construct Array with count < 0")
    expect("helper", "arithmetic overflow", in: parts)
    expect("global", "Index out of range", in: parts)
    expect(
      "recursion", "functions called each other until the stack was full; look for a recursion without end",
      in: parts)
    // What was made of a mistake trapped: the mistake comes first.
    let mistake = Self.line(Self.traps, "mistake")
    expect(
      "poisoned", "Index out of range",
      before:
        "\(main):\(mistake): error: in 'x': sum over axes [5] of f32[3]: name each axis of the tensor once\n")

    let thrown = try #require(workspace.complaint(main, ["kind": "try"]))
    #expect(
      thrown.hasPrefix(
        "\(main):\(Self.line(Self.traps, "try")): error: the model crashed while it was built: 'try!' expression"
      ))
    let cast = try #require(workspace.complaint(main, ["kind": "cast"]))
    #expect(
      cast.hasPrefix(
        "\(main):\(Self.line(Self.traps, "cast")): error: the model crashed while it was built: Could not cast "
      ))
  }

  @Test func anEndOfTheModelsOwnIsToldAndItsPrintsReachTheUser() throws {
    let workspace = try ModelWorkspace()
    let main = try workspace.write("traps.mcl", Self.traps)
    _ = try workspace.write("parts.mcl", Self.parts)
    for (kind, code) in [("exit", 0), ("exit3", 3)] {
      #expect(
        workspace.complaint(main, ["kind": kind])
          == "\(main): the model ended with exit code \(code) before it was built\n"
          + "\(main): note: the model printed:\nthe kind is \(kind)")
    }
    // A model that is built may print what it likes, at every load.
    var loader = workspace.loader
    let printed = Box()
    loader.onPrint = { printed.text += $0 }
    for _ in 0..<2 { _ = try loader.load(path: main, settings: ["kind": "text"]) }
    #expect(printed.text == String(repeating: "the kind is text...\nFatal error\n", count: 2))
  }

  private final class Box: @unchecked Sendable { var text = "" }

  private static let model = """
    import MCLGraph
    let small = Model("small") { settings in
      Program("run") { context in Step(outputs: [("y", context.input("x", [2]))]) }
    }
    """

  /// What mclc says where swiftc is this shell script.
  private func complaint(_ script: String) throws -> (said: String?, compiler: String) {
    let folder = try ModelWorkspace()
    let compiler = try folder.write("swiftc", "#!/bin/sh\n\(script)\n")
    try #require(chmod(compiler, 0o700) == 0)
    let workspace = try ModelWorkspace(environment: ["MCL_SWIFTC": compiler])
    return (workspace.complaint(try workspace.write("small.mcl", Self.model)), compiler)
  }

  @Test func aCompilersEndIsTold() throws {
    let killed = try complaint("echo halfway; kill -9 $$")
    #expect(
      killed.said
        == "\(killed.compiler) was stopped by signal 9 (Killed), as the system does for want of memory; it printed "
        + "last:\nhalfway")
    let silent = try complaint("exit 7")
    #expect(silent.said == "\(silent.compiler) ended with exit code 7, and printed nothing")
    let talking = try complaint("for n in 1 2 3 4 5 6 7; do echo line $n >&2; done; exit 1")
    #expect(
      talking.said
        == "\(talking.compiler) ended with exit code 1; it printed last:\nline 3\nline 4\nline 5\nline 6\nline 7"
    )
    // More than a pipe holds, and more than is kept.
    let flooding = try complaint("head -c 3000000 /dev/zero | tr '\\\\0' 'x'; echo; echo the end; exit 1")
    #expect(flooding.said?.hasSuffix("\nthe end") == true)
    #expect((flooding.said?.count ?? .max) < 1000)
  }

  @Test(arguments: [
    ("func twice(_ x: Tensor) -> Tensor { return x + x }", false),
    ("func twice(_ x: Tensor) -> Tensor { x + x }", false),
    ("guard settings.isGiven(\"size\") else { return [] }", false),
    ("let twice = { (x: Tensor) -> Tensor in x + x }", true),
    (
      "var count = 0; count += 1; print(count); for _ in 0..<count { print(1) }; if count == 7 { print(7) }",
      true
    ),
    (
      "let name = switch settings.integer(\"n\", default: 1) { case 1: \"a\"; default: \"b\" }; print(name)",
      true
    ),
  ])
  func whatMayStandInAModel(statement: String, isAllowed: Bool) throws {
    let workspace = try ModelWorkspace()
    let path = try workspace.write(
      "local.mcl",
      """
      import MCLGraph
      let local = Model("local") { settings in
        \(statement)
        Program("run") { context in
          func inner(_ x: Tensor) -> Tensor { return x * 2 }
          guard !settings.isGiven("none") else { return Step(outputs: []) }
          return Step(outputs: [("y", inner(context.input("x", [2])))])
        }
      }
      """)
    let complaint = workspace.complaint(path)
    if isAllowed {
      #expect(complaint == nil)
    } else {
      let lines = (complaint ?? "").split(separator: "\n")
      #expect(lines.count == 2)
      #expect(lines.first?.hasPrefix("\(path):") == true)
      #expect(lines.last?.hasPrefix("note: in the closure of a Model or a Chain, 'func', types,") == true)
    }
  }

  /// The sentence of the note works: with 'return', anything may stand in the closure.
  @Test func aModelThatReturnsItsProgramsMayHoldAnything() throws {
    let workspace = try ModelWorkspace()
    let path = try workspace.write(
      "local.mcl",
      """
      import MCLGraph
      let local = Model("local") { settings in
        func twice(_ x: Tensor) -> Tensor { return x + x }
        struct Sizes { var width = 2 }
        var count = 0
        while count < 2 { count += 1 }
        guard count == Sizes().width else { return [] }
        return [Program("run") { context in Step(outputs: [("y", twice(context.input("x", [count])))]) }]
      }
      """)
    #expect(workspace.complaint(path) == nil)
  }
}
