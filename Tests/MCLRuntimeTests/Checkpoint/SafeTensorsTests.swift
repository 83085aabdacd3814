import Foundation
import MCLRuntime
import MCLTestKit
import Testing

/// A safetensors file made by hand: length, header, data.
private func tensorFile(_ header: String, _ data: [UInt8] = [], claiming length: UInt64? = nil) -> [UInt8] {
  let length = length ?? UInt64(header.utf8.count)
  return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * UInt64($0))) } + Array(header.utf8) + data
}

private func entry(_ name: String, _ dtype: String, _ shape: String, _ start: Int, _ end: Int) -> String {
  "\"\(name)\":{\"dtype\":\"\(dtype)\",\"shape\":\(shape),\"data_offsets\":[\(start),\(end)]}"
}

private func littleEndian<Number: FixedWidthInteger>(_ values: [Number]) -> [UInt8] {
  values.flatMap { value in withUnsafeBytes(of: value.littleEndian) { Array($0) } }
}

/// What reading the file says; nil when it is fine.
private func complaint(_ path: String) -> String? {
  do {
    _ = try SafeTensors(path: path)
    return nil
  } catch let error as TensorFileError { return error.description } catch { return "another error: \(error)" }
}

@Suite struct SafeTensorsTests {
  static let tensors: [String: HostTensor] = [
    "floats": HostTensor(
      [2, 3], .float32([0, -0.0, 1.5, .infinity, -.greatestFiniteMagnitude, .leastNonzeroMagnitude])),
    "doubles": HostTensor([2], .float64([.pi, -.leastNonzeroMagnitude])),
    "integers": HostTensor([1, 3, 1], .int64([.min, 0, .max])),
    "bytes": HostTensor([5], .uint8([0, 1, 127, 128, 255])),
    "scalar": HostTensor([], .float32([7])),
    "empty": HostTensor([0, 4], .float32([])),
    "odd \"name\" \\ ü/\n": HostTensor([1], .uint8([9])),
  ]
  static let metadata = [
    "plain": "text", "": "empty key", "empty": "", "quotes \"\\\" \u{1}\u{1f}\u{7f}": "\"a\"\\\n\t\r/",
    "unicode ü🎬": "日本語 \u{2028} e\u{301}", "json": "{\"__metadata__\":{}}",
  ]

  @Test func whatIsWrittenIsRead() throws {
    let folder = try VideoTestFolder()
    let path = folder.path + "/a.safetensors"
    try SafeTensors.write(Self.tensors, metadata: Self.metadata, to: path)
    let file = try SafeTensors(path: path)
    #expect(file.metadata == Self.metadata)
    #expect(Set(file.entries.keys) == Set(Self.tensors.keys))
    for (name, tensor) in Self.tensors { #expect(try file.tensor(name) == tensor) }
    // Equality of floats does not see the sign of zero.
    guard case .float32(let values) = try file.tensor("floats").storage else {
      Issue.record("floats come back as another type")
      return
    }
    #expect(values[1].sign == .minus)

    try SafeTensors.write(Self.tensors, metadata: Self.metadata, to: folder.path + "/b.safetensors")
    #expect(try folder.bytes("a.safetensors") == folder.bytes("b.safetensors"))
    #expect(folder.files() == ["a.safetensors", "b.safetensors"], "no temporary file is left")
  }

  @Test func nothingAtAllIsAFileToo() throws {
    let folder = try VideoTestFolder()
    let path = folder.path + "/empty.safetensors"
    try SafeTensors.write([:], metadata: [:], to: path)
    let file = try SafeTensors(path: path)
    #expect(file.entries.isEmpty && file.metadata.isEmpty)
  }

  @Test func otherToolsCanReadTheHeader() throws {
    let folder = try VideoTestFolder()
    let path = folder.path + "/a.safetensors"
    try SafeTensors.write(Self.tensors, metadata: Self.metadata, to: path)
    let bytes = try folder.bytes("a.safetensors")
    let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    #expect(length % 8 == 0)
    let header = try #require(
      try JSONSerialization.jsonObject(with: Data(bytes[8..<8 + length])) as? [String: [String: Any]])
    #expect(header["__metadata__"] as? [String: String] == Self.metadata)
    #expect(header["integers"]?["shape"] as? [Int] == [1, 3, 1])
  }

  @Test func halfPrecisionBecomesWider() throws {
    let folder = try VideoTestFolder()
    let bits: [UInt16] = [
      0x3c00, 0xc000, 0x7bff, 0x0001, 0x03ff, 0x0400, 0x8000, 0x7c00, 0xfc00, 0x3555, 0x7e00,
    ]
    let path = try folder.file(
      "half", tensorFile("{\(entry("x", "F16", "[11]", 0, 22))}", littleEndian(bits)))
    let values = try SafeTensors(path: path).tensor("x").floats
    let expected: [Float] = [
      1, -2, 65504, 0x1p-24, 0x3ffp-24, 0x1p-14, -0.0, .infinity, -.infinity, 0.333251953125,
    ]
    #expect(Array(values.prefix(10)) == expected)
    #expect(values[6].sign == .minus)
    #expect(values[10].isNaN)
  }

  @Test func brainFloatsAndSmallIntegersBecomeWider() throws {
    let folder = try VideoTestFolder()
    let data =
      littleEndian([0x3f80, 0xc040, 0x7f80, 0x3eab] as [UInt16]) + littleEndian([-1, .max, .min] as [Int32])
      + [0, 1]
    let path = try folder.file(
      "mixed",
      tensorFile(
        " { \(entry("b", "BF16", "[2, 2]", 0, 8)) ,\n\(entry("i", "I32", "[3]", 8, 20)),"
          + "\(entry("t", "BOOL", "[ 2 ]", 20, 22))} ", data))
    let file = try SafeTensors(path: path)
    #expect(try file.tensor("b") == HostTensor([2, 2], .float32([1, -3, .infinity, 0.333984375])))
    #expect(try file.tensor("i") == HostTensor([3], .int64([-1, 2_147_483_647, -2_147_483_648])))
    #expect(try file.tensor("t") == HostTensor([2], .uint8([0, 1])))
    #expect(try file.tensor("b").integers == nil)
    #expect(try file.tensor("i").doubles == [-1, 2_147_483_647, -2_147_483_648])
  }

  @Test func hostileFilesGetASentence() throws {
    let folder = try VideoTestFolder()
    let four: [UInt8] = [0, 0, 128, 63]
    let a = entry("a", "F32", "[1]", 0, 4)
    let cases: [(file: [UInt8], sentence: String)] = [
      ([], "it is too short to be a safetensors file"),
      ([1, 0, 0, 0, 0, 0, 0], "it is too short to be a safetensors file"),
      (
        tensorFile("{}", claiming: 3), "its header claims 3 bytes, more than the file has; it is damaged"
      ),
      (
        tensorFile("{}", claiming: .max),
        "its header claims 18446744073709551615 bytes, more than the file has; it is damaged"
      ),
      (tensorFile(""), "the header is damaged at byte 0: '{' is expected"),
      (tensorFile("hello"), "the header is damaged at byte 0: '{' is expected"),
      (tensorFile("{}x"), "the header is damaged at byte 2: something follows it"),
      (tensorFile("{\"a"), "the header is damaged at byte 3: a string is not closed"),
      (tensorFile("{\"a\\"), "the header is damaged at byte 5: a string is not closed"),
      (tensorFile("{\"\\ud800\":{}}"), "the header is damaged at byte 9: a string has an unknown escape"),
      (tensorFile("{\"__metadata__\":{\"a\":1}}"), "the header is damaged at byte 21: '\"' is expected"),
      (
        tensorFile("{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}"),
        "the header is damaged at byte 30: the metadata key 'a' stands twice"
      ),
      (
        tensorFile("{\(a),\(a)}", four),
        "the header is damaged at byte \(2 * a.utf8.count + 2): tensor 'a' stands twice"
      ),
      (
        tensorFile("{\"a\":{\"place\":1}}"),
        "the header is damaged at byte 14: tensor 'a' has the unknown field 'place'"
      ),
      (
        tensorFile("{\"a\":{\"data_offsets\":[0,1,2]}}"),
        "the header is damaged at byte 28: tensor 'a' needs two offsets"
      ),
      (tensorFile("{\"a\":{\"shape\":[-1]}}"), "the header is damaged at byte 15: an integer is expected"),
      (
        tensorFile("{\"a\":{\"shape\":[99999999999999999999]}}"),
        "the header is damaged at byte 35: an integer is expected"
      ),
      (
        tensorFile("{\(entry("a", "F128", "[1]", 0, 4))}", four),
        "tensor 'a' has the type F128; known are BF16, BOOL, F16, F32, F64, I32, I64, U8"
      ),
      (
        tensorFile("{\(entry("a", "F32", "[4294967296,4294967296,4]", 0, 4))}", four),
        "tensor 'a' has the impossible shape [4294967296, 4294967296, 4]"
      ),
      (
        tensorFile("{\(entry("a", "F32", "[2]", 0, 4))}", four),
        "tensor 'a' of shape [2] needs 8 bytes but has 4"
      ),
      (tensorFile("{\(a)}"), "tensor 'a' lies outside the file; it is damaged"),
      (
        tensorFile("{\(entry("a", "F32", "[1]", 4, 0))}", four),
        "tensor 'a' lies outside the file; it is damaged"
      ),
      (
        tensorFile("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", four),
        "tensor 'a' lies outside the file; it is damaged"
      ),
      (
        tensorFile("{\(entry("a", "F32", "[2]", 0, 8)),\(entry("b", "F32", "[1]", 4, 8))}", four + four),
        "tensor 'b' overlaps another or leaves a gap before it; the file is damaged"
      ),
      (
        tensorFile("{\(entry("b", "F32", "[1]", 0, 4)),\(a)}", four),
        "tensor 'b' overlaps another or leaves a gap before it; the file is damaged"
      ),
      (
        tensorFile("{\(a),\(entry("b", "F32", "[1]", 8, 12))}", four + four + four),
        "tensor 'b' overlaps another or leaves a gap before it; the file is damaged"
      ),
      (
        tensorFile("{\(a)}", four + [0, 0]),
        "its tensors take 4 bytes, but 6 follow the header; it is damaged"
      ),
    ]
    for (number, (file, sentence)) in cases.enumerated() {
      let path = try folder.file("case\(number)", file)
      #expect(complaint(path) == "\(path): \(sentence)", "case \(number)")
    }
    let missing = folder.path + "/none"
    #expect(
      complaint(missing) == "\(missing): there is no such file, or it may not be read; check the path")
    let whole = try folder.file("whole", tensorFile("{\(a)}", four))
    #expect(complaint(whole) == nil)
    let error = #expect(throws: TensorFileError.self) { try SafeTensors(path: whole).tensor("b") }
    #expect(error?.description == "\(whole): it has no tensor 'b'")
  }

  @Test func notUTF8IsRefused() throws {
    let folder = try VideoTestFolder()
    let path = try folder.file("a", [5, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x22, 0xff, 0x22, 0x7d])
    #expect(complaint(path) == "\(path): the header is damaged at byte 4: a string is not UTF-8")
  }

  /// Whatever a damaged file holds, it is read or refused.
  @Test func damageNeverTraps() throws {
    let folder = try VideoTestFolder()
    try SafeTensors.write(Self.tensors, metadata: Self.metadata, to: folder.path + "/whole")
    let whole = try folder.bytes("whole")
    for count in 0..<whole.count {
      let path = try folder.file("cut", Array(whole[..<count]))
      #expect(complaint(path) != nil, "cut to \(count) bytes")
    }
    let seed = UInt64.random(in: 0 ... .max)
    print("seed of the damage: \(seed)")
    var random = CounterRandom(seed: seed, purpose: "damage")
    let header = whole[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    var refused = 0
    for _ in 0..<1500 * soakFactor {
      var bytes = whole
      for _ in 0..<1 + Int(random.next() % 3) {
        bytes[Int(random.next() % UInt64(8 + header))] ^= UInt8(1 << (random.next() % 8))
      }
      let path = try folder.file("flipped", bytes)
      do {
        let file = try SafeTensors(path: path)
        for (name, entry) in file.entries {
          #expect(try file.tensor(name).count == entry.shape.reduce(1, *), "seed \(seed)")
        }
      } catch is TensorFileError { refused += 1 }
    }
    #expect(refused > 0, "seed \(seed)")
  }
}
