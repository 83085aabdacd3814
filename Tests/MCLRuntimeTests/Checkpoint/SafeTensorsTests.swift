import Foundation
import MCLDataTestKit
import MCLSupport
import MCLTestKit
import MCLWeights
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
      (
        [],
        "it is empty, not safetensors; it may be a download or a copy that was broken off; get it anew"
      ),
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
      (
        tensorFile("{\"__metadata__\":{\"a\":1}}"),
        "the header is damaged at byte 21, in the metadata: '\"' is expected"
      ),
      (
        tensorFile("{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}"),
        "the header is damaged at byte 30, in the metadata: the key 'a' stands twice, or in two Unicode forms"
      ),
      (
        tensorFile("{\(a),\(a)}", four),
        "the header is damaged at byte \(2 * a.utf8.count + 2), in tensor 'a': it stands twice"
      ),
      (
        tensorFile("{\"a\":{\"place\":1}}"),
        "the header is damaged at byte 14, in tensor 'a': it has the unknown field 'place'"
      ),
      (
        tensorFile("{\"a\":{\"data_offsets\":[0,1,2]}}"),
        "the header is damaged at byte 28, in tensor 'a': it needs two offsets"
      ),
      (
        tensorFile("{\"a\":{\"shape\":[-1]}}"),
        "the header is damaged at byte 15, in tensor 'a': an integer from 0 to 2^63-1 is expected"
      ),
      (
        tensorFile("{\"a\":{\"shape\":[01]}}"),
        "the header is damaged at byte 17, in tensor 'a': an integer from 0 to 2^63-1 is expected"
      ),
      (
        tensorFile("{\"a\":{\"shape\":[1.5]}}"),
        "the header is damaged at byte 16, in tensor 'a': ']' is expected"
      ),
      (
        tensorFile("{\"a\":{\"shape\":[\(Array(repeating: "1", count: 65).joined(separator: ","))]}}"),
        "the header is damaged at byte 144, in tensor 'a': there are more than 64 numbers in a list"
      ),
      (
        tensorFile("{\"a\":{\"shape\":[[1]]}}"),
        "the header is damaged at byte 15, in tensor 'a': an integer from 0 to 2^63-1 is expected"
      ),
      (
        tensorFile("{\"a\":{\"dtype\":{\"dtype\":\"F32\"}}}"),
        "the header is damaged at byte 14, in tensor 'a': '\"' is expected"
      ),
      (
        tensorFile("{\"a\":" + String(repeating: "[", count: 100_000)),
        "the header is damaged at byte 5, in tensor 'a': '{' is expected"
      ),
      (
        tensorFile("{\"a\":" + String(repeating: "{\"a\":", count: 100_000)),
        "the header is damaged at byte 10, in tensor 'a': it has the unknown field 'a'"
      ),
      (
        tensorFile("{\"__metadata__\":{\"a\":{}}}"),
        "the header is damaged at byte 21, in the metadata: '\"' is expected"
      ),
      (
        tensorFile("{\"__metadata__\":{},\"__metadata__\":{}}"),
        "the header is damaged at byte 34, in the metadata: it stands twice"
      ),
      (
        tensorFile("{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\"}}"),
        "the header is damaged at byte 27, in tensor 'a': its 'dtype' stands twice"
      ),
      (tensorFile("{\"a\u{1}\":{}}"), "the header is damaged at byte 3: a string holds a control character"),
      (
        tensorFile("{\"\\u001b[2J\":{}}"),
        "the header is damaged at byte 15, in tensor '\\u{1B}[2J': it has no 'dtype'"
      ),
      (
        tensorFile("{\"a\":{\"shape\":[99999999999999999999]}}"),
        "the header is damaged at byte 35, in tensor 'a': an integer from 0 to 2^63-1 is expected"
      ),
      (
        tensorFile("{\(entry("a", "F128", "[1]", 0, 4))}", four),
        "tensor 'a' has the type 'F128'; known are BF16, BOOL, F16, F32, F64, I16, I32, I64, I8, U16, U32, U8"
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
        "the header is damaged at byte 32, in tensor 'a': it has no 'data_offsets'"
      ),
      (
        tensorFile("{\(entry("a", "F32", "[2]", 0, 8)),\(entry("b", "F32", "[1]", 4, 8))}", four + four),
        "tensor 'b' overlaps the tensor before it; the file is damaged"
      ),
      (
        tensorFile("{\(entry("b", "F32", "[1]", 0, 4)),\(a)}", four),
        "tensor 'a' overlaps the tensor before it; the file is damaged"
      ),
      (
        tensorFile("{\(a),\(entry("b", "F32", "[1]", 8, 12))}", four + four + four),
        "tensor 'b' leaves a gap before it; the file is damaged"
      ),
      (
        tensorFile("{\(entry("a", "U8", "[0]", 0, 0)),\(entry("b", "U8", "[0]", 4, 4))}", four),
        "tensor 'b' leaves a gap before it; the file is damaged"
      ),
      (
        tensorFile("{\(entry("a", "U8", "[2]", 0, 2)),\(entry("b", "F32", "[1]", 2, 6))}", four + [0, 0]),
        "tensor 'b' starts at byte 2 of the data, no multiple of the 4 bytes of F32; write it anew with a current "
          + "safetensors library"
      ),
      (
        tensorFile("{\(entry("a", "U8", "[9223372036854775807,9223372036854775807,0]", 0, 4))}", four),
        "tensor 'a' of shape [9223372036854775807, 9223372036854775807, 0] needs 0 bytes but has 4"
      ),
      (
        tensorFile("{\(entry("a", "F64", "[9223372036854775807]", 0, 4))}", four),
        "tensor 'a' has the impossible shape [9223372036854775807]"
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
    #expect(complaint(folder.path) == "\(folder.path): it is no regular file; check the path")
    let pipe = folder.path + "/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    #expect(complaint(pipe) == "\(pipe): it is no regular file; check the path")
    let missing = folder.path + "/none"
    #expect(
      complaint(missing) == "\(missing): there is no such file, or it may not be read; check the path")
    let whole = try folder.file("whole", tensorFile("{\(a)}", four))
    #expect(complaint(whole) == nil)
    let error = #expect(throws: TensorFileError.self) { try SafeTensors(path: whole).tensor("b") }
    #expect(error?.description == "\(whole): it has no tensor 'b'")
  }

  @Test func numbersAreExactOrRefused() throws {
    let folder = try VideoTestFolder()
    let big: [Int64] = [1 << 53, (1 << 53) + 1]
    let entries = [
      entry("whole", "F64", "[2]", 0, 16), entry("big", "I64", "[2]", 16, 32),
      entry("part", "F32", "[2]", 32, 40), entry("u", "U32", "[1]", 40, 44),
      entry("s", "I16", "[1]", 44, 46), entry("v", "U16", "[1]", 46, 48), entry("b", "I8", "[2]", 48, 50),
    ]
    let data =
      littleEndian([Double(3).bitPattern, Double(-0x1p63).bitPattern]) + littleEndian(big)
      + littleEndian([Float(1).bitPattern, Float(0.5).bitPattern]) + littleEndian([UInt32.max])
      + littleEndian([Int16.min]) + littleEndian([UInt16.max]) + littleEndian([Int8.min, 5])
    let path = try folder.file("a", tensorFile("{\(entries.joined(separator: ","))}", data))
    let file = try SafeTensors(path: path)
    #expect(file.names == ["whole", "big", "part", "u", "s", "v", "b"])
    let place = try file.entry("b")
    #expect(place.element == .int8 && place.shape == [2] && place.range == 48..<50 && place.count == 2)
    #expect(try file.integers("whole") == [3, .min])
    #expect(try file.integers("big") == big)
    #expect(try file.floats("big") == [0x1p53, 0x1p53])
    #expect(try file.doubles("part") == [1, 0.5])
    #expect(try file.doubles("u") == [4_294_967_295])
    #expect(try file.integers("s") == [-32768])
    #expect(try file.doubles("v") == [65535])
    #expect(try file.floats("b") == [-128, 5])
    #expect(try file.tensor("b") == HostTensor([2], .int64([-128, 5])))
    func complaint(_ body: () throws -> Void) -> String? {
      #expect(throws: TensorFileError.self, performing: body)?.description
    }
    #expect(
      complaint { _ = try file.doubles("big") }
        == "\(path): tensor 'big' holds 9007199254740993 at element 1, which is no exact Double; read it as integers"
    )
    #expect(
      complaint { _ = try file.integers("part") }
        == "\(path): tensor 'part' holds 0.5 at element 1, which is no integer of 64 bits")
    #expect(complaint { _ = try file.floats("none") } == "\(path): it has no tensor 'none'")
  }

  /// A large file costs no more than what is asked of it: here one of 64 GiB, nearly all of it a hole.
  @Test func aTensorIsReadWithoutTheRest() throws {
    let folder = try VideoTestFolder()
    let size = 64 << 30
    let header =
      "{\(entry("hole", "U8", "[\(size)]", 0, size)),\(entry("end", "F32", "[2]", size, size + 8))}"
    let path = try folder.file("sparse", tensorFile(header))
    try #require(truncate(path, off_t(8 + header.utf8.count + size + 8)) == 0)
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.seek(toOffset: UInt64(8 + header.utf8.count + size))
    try handle.write(contentsOf: littleEndian([Float(1.5).bitPattern, Float(-2).bitPattern]))
    try handle.close()
    let file = try SafeTensors(path: path)
    #expect(try file.doubles("end") == [1.5, -2])
    try #require(truncate(path, off_t(8 + header.utf8.count)) == 0)
    let error = #expect(throws: TensorFileError.self) { try file.floats("end") }
    #expect(
      error?.description
        == "\(path): reading it fails at byte \(8 + header.utf8.count + size) (it ends there); check that nothing else writes it"
    )
  }

  @Test func whatCannotBeWrittenIsRefused() throws {
    let folder = try VideoTestFolder()
    let path = folder.path + "/a"
    func complaint(_ name: String, _ tensor: HostTensor) -> String? {
      #expect(throws: TensorFileError.self) {
        try SafeTensors.write([name: tensor], metadata: [:], to: path)
      }?
      .description
    }
    #expect(
      complaint("x", HostTensor([2, 2], .uint8([1])))
        == "\(path): tensor 'x' of shape [2, 2] cannot be written from 1 numbers")
    #expect(complaint("x", HostTensor([-1, -1], .uint8([1]))) != nil)
    #expect(
      complaint("__metadata__", HostTensor([], .uint8([1])))
        == "\(path): no tensor can be called '__metadata__'; give it another name")
    #expect(folder.files().isEmpty)
  }

  @Test func notUTF8IsRefused() throws {
    let folder = try VideoTestFolder()
    let path = try folder.file("a", [5, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x22, 0xff, 0x22, 0x7d])
    #expect(complaint(path) == "\(path): the header is damaged at byte 3: a string is not UTF-8")
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
