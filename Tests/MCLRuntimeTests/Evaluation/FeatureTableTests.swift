import Foundation
import MCLDataTestKit
import MCLEvaluation
import MCLSupport
import MCLWeights
import Testing

/// Tables of features in files, which are not trusted.
@Suite struct FeatureTableTests {
  private let table = EvaluationFixtures.table()

  /// What reading a file says; nil where it is fine.
  private func complaint(_ path: String, width: Int? = nil) -> String? {
    do {
      _ = try FeatureFile.read(path, width: width)
      return nil
    } catch { return "\(error)" }
  }

  /// A file of a table with something of it replaced.
  private func damaged(
    _ folder: VideoTestFolder, _ change: (inout [String: HostTensor], inout [String: String]) -> Void
  ) throws -> String {
    let path = folder.path + "/\(UUID().uuidString).safetensors"
    try FeatureFile.write(table, to: path)
    let file = try SafeTensors(path: path)
    var tensors = Dictionary(uniqueKeysWithValues: try file.names.map { ($0, try file.tensor($0)) })
    var metadata = file.metadata
    change(&tensors, &metadata)
    try SafeTensors.write(tensors, metadata: metadata, to: path)
    return path
  }

  @Test func whatIsWrittenIsRead() throws {
    let folder = try VideoTestFolder()
    #expect(table.classes == ["a", "b"] && table.count == 3)
    // Means by the formula, of the second video's last number.
    let mean = (Double(table.clips[8]) + Double(table.clips[11])) / 2
    #expect(table.means[5] == Float(mean))
    for ending in ["safetensors", "npy"] {
      let path = "\(folder.path)/t.\(ending)"
      try FeatureFile.write(table, to: path)
      #expect(try FeatureFile.read(path, width: 3) == table)
      let first = try folder.bytes("t.\(ending)")
      try FeatureFile.write(table, to: path)
      #expect(try folder.bytes("t.\(ending)") == first)
    }
    let file = try SafeTensors(path: folder.path + "/t.safetensors")
    #expect(file.entries["clips"]?.shape == [3, 2, 3] && file.entries["features"]?.shape == [3, 3])
    #expect(file.metadata["classes"] == #"["a","b"]"# && file.metadata["labels"] == #"["a","b",null]"#)
    #expect(folder.files() == ["t.json", "t.npy", "t.safetensors"])
    #expect(FeatureFile.files(of: "x/t.npy") == ["x/t.npy", "x/t.json"])
  }

  @Test func arraysAreNumPys() throws {
    let folder = try VideoTestFolder()
    try FeatureFile.write(table, to: folder.path + "/t.npy")
    let bytes = try folder.bytes("t.npy")
    let length = Int(bytes[8]) + 256 * Int(bytes[9])
    #expect(Array(bytes[..<8]) == [0x93] + Array("NUMPY".utf8) + [1, 0] && (10 + length) % 64 == 0)
    let header = String(decoding: bytes[10..<10 + length], as: UTF8.self)
    #expect(header.hasPrefix("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2, 3,), }"))
    #expect(header.hasSuffix("\n") && bytes.count == 10 + length + 18 * 4)
  }

  @Test func rowsAreQuoted() throws {
    let folder = try VideoTestFolder()
    try FeatureFile.write(table, to: folder.path + "/t.csv")
    let text = String(decoding: try folder.bytes("t.csv"), as: UTF8.self)
    #expect(text.hasPrefix("video,label,f0,f1,f2\na/1.avi,a,\(table.means[0]),"))
    #expect(text.contains("\n\"b/ü \"\"2\"\".avi\",b,") && text.contains("\n\"3,\n.avi\",,"))
    let path = folder.path + "/t.csv"
    #expect(complaint(path) == "\(path): tables in CSV are not read back; give a .safetensors or .npy")
    let error = #expect(throws: UsageError.self) { try FeatureFile.write(table, to: folder.path + "/t.txt") }
    #expect(error?.description == "\(folder.path)/t.txt: name a file that ends in .safetensors, .npy or .csv")
  }

  @Test func hostileFilesGetASentence() throws {
    let folder = try VideoTestFolder()
    let path = folder.path + "/t.safetensors"
    try FeatureFile.write(table, to: path)
    #expect(
      complaint(path, width: 4)
        == "\(path): its features have 3 numbers, but 4 are wanted; extract both tables with one program")
    let bytes = try folder.bytes("t.safetensors")
    let cut = try folder.file("cut.safetensors", Array(bytes.dropLast(8)))
    #expect(
      complaint(cut)?.hasSuffix("lies outside the file; it is damaged") == true, "\(complaint(cut) ?? "")")
    #expect(
      complaint(folder.path + "/none.safetensors")
        == "\(folder.path)/none.safetensors: there is no such file, or it may not be read; check the path")

    for value in [Float.nan, .infinity] {
      let wrong = try damaged(folder) { tensors, _ in
        var clips = table.clips
        clips[10] = value
        tensors["clips"]?.storage = .float32(clips)
      }
      #expect(
        complaint(wrong)
          == "\(wrong): number 1 of view 1 of 'b/ü \"2\".avi' is \(value); extract it anew with weights that are whole"
      )
    }
    let means = try damaged(folder) { tensors, _ in
      tensors["features"]?.storage = .float32([Float](repeating: 0, count: 9))
    }
    #expect(complaint(means) == "\(means): its means are not those of its views; it is damaged")
    let shapes = try damaged(folder) { tensors, _ in tensors["features"]?.shape = [9, 1] }
    #expect(
      complaint(shapes)
        == "\(shapes): clips of shape [3, 2, 3] and means of shape [9, 1] do not belong together; it is damaged"
    )
    let kind = try damaged(folder) { tensors, _ in
      tensors["features"]?.storage = .int64([Int64](repeating: 0, count: 9))
    }
    #expect(complaint(kind) == "\(kind): its features are no f32; write it anew with 'mclc embed'")
  }

  @Test func hostileMetadataGetsASentence() throws {
    let folder = try VideoTestFolder()
    let foreign = try damaged(folder) { $1["format"] = "pt" }
    #expect(complaint(foreign) == "\(foreign): it is no table of features; write one with 'mclc embed'")
    let missing = try damaged(folder) {
      $0["clips"] = nil; _ = $1
    }
    #expect(complaint(missing) == "\(missing): it is no table of features; write one with 'mclc embed'")
    for key in ["names", "labels", "classes", "source", "unreadable"] {
      for text in [nil, "", "[1]", "{}", "[\"a\""] as [String?] {
        let wrong = try damaged(folder) { $1[key] = text }
        #expect(
          complaint(wrong)
            == "\(wrong): its metadata has no '\(key)' that can be read; write it anew with 'mclc embed'",
          "\(key) \(text ?? "")"
        )
      }
    }
    let names = try damaged(folder) { $1["names"] = #"["x","y"]"# }
    #expect(
      complaint(names) == "\(names): it names 2 videos and 3 labels, but has features of 3; it is damaged")
    let labels = try damaged(folder) { $1["labels"] = #"["a","b",null,"b"]"# }
    #expect(
      complaint(labels) == "\(labels): it names 3 videos and 4 labels, but has features of 3; it is damaged")
    let classes = try damaged(folder) { $1["classes"] = #"["b","a"]"# }
    #expect(complaint(classes) == "\(classes): its classes are not those of its labels; it is damaged")
  }

  @Test func hostileArraysGetASentence() throws {
    let folder = try VideoTestFolder()
    let path = folder.path + "/t.npy"
    try FeatureFile.write(table, to: path)
    let bytes = try folder.bytes("t.npy")
    func put(_ bytes: [UInt8]) throws { _ = try folder.file("t.npy", bytes) }
    let other = "\(path): it is no NumPy array of little-endian f32 in rows (format 1.0)"
    try put(Array(bytes.dropLast()))
    #expect(complaint(path) == "\(path): it has another length than its shape [3, 2, 3] takes; it is damaged")
    for count in [0, 5, 9, 40] {
      try put(Array(bytes.prefix(count)))
      #expect(complaint(path) == other, "\(count) bytes")
    }
    func replaced(_ old: String, _ new: String) throws {
      let text = String(decoding: bytes[10..<128], as: UTF8.self).replacing(old, with: new)
      try put(Array(bytes[..<10]) + Array(text.utf8).prefix(118) + Array(bytes[128...]))
    }
    for (old, new) in [
      ("<f4", ">f4"), ("False", "True "), ("(3,", "(-3"), ("shape", "shapa"), ("3, 2", "3; 2"),
    ] {
      try replaced(old, new)
      #expect(complaint(path) == other, "\(new)")
    }
    try replaced("(3, 2, 3,)", "(3, 2, 4,)")
    #expect(complaint(path) == "\(path): it has another length than its shape [3, 2, 4] takes; it is damaged")
    try replaced("(3, 2, 3,)", "(3, 6,)   ")
    #expect(
      complaint(path)
        == "\(path): features have the shape [3, 6], not videos x views x numbers; it is damaged")
    try put(bytes)
    #expect(complaint(path) == nil)
    for text in ["", "{}", "[]", "no JSON"] {
      _ = try folder.file("t.json", Array(text.utf8))
      #expect(
        complaint(path)
          == "\(folder.path)/t.json: it is no description of features; keep it beside its array, as 'mclc embed' wrote both"
      )
    }
  }

  @Test func tablesOfOtherProgramsAreToldApart() {
    let error = #expect(throws: UsageError.self) {
      try table.expectSameWidth(as: EvaluationFixtures.table(width: 4), ("test.npy", "train.npy"))
    }
    #expect(
      error?.description
        == "test.npy has features of 3 numbers, but train.npy of 4; extract both with one program")
  }
}
