import MCLSupport

/// What a file is that was taken for one of tensors, told by its first bytes.
enum FileKind: Equatable {
  case torchZip
  case torchLegacy
  case pickle
  case numpyArchive
  case numpyArray
  case zip
  case hdf5
  case gzip
  case tar
  case text
  case empty

  /// - Returns: nil for a file of safetensors, damaged or not, and for one that is of no known kind.
  init?(_ file: RandomAccessFile) throws {
    guard file.count > 0 else {
      self = .empty
      return
    }
    let start = try file.elements(UInt8.self, at: 0, count: min(512, file.count))
    guard !Self.isTensorHeader(start, fileSize: file.count) else { return nil }
    func begins(_ bytes: [UInt8]) -> Bool { start.starts(with: bytes) }
    if begins([0x50, 0x4b, 3, 4]) || begins([0x50, 0x4b, 5, 6]) {
      self = try Self.archive(file, start)
    } else if LegacyTorchFile.isStart(start) {
      self = .torchLegacy
    } else if start.count > 2, start[0] == 0x80, (2...5).contains(start[1]) {
      self = .pickle
    } else if begins([0x89] + Array("HDF\r\n".utf8) + [0x1a, 0x0a]) {
      self = .hdf5
    } else if begins([0x93] + Array("NUMPY".utf8)) {
      self = .numpyArray
    } else if begins([0x1f, 0x8b]) {
      self = .gzip
    } else if start.count > 262, start[257..<262].elementsEqual("ustar".utf8) {
      self = .tar
    } else if Self.isText(start) {
      self = .text
    } else {
      return nil
    }
  }

  /// A length that the file holds, then the brace that begins the header.
  static func isTensorHeader(_ start: [UInt8], fileSize: Int) -> Bool {
    guard start.count > 8, start[8] == UInt8(ascii: "{") else { return false }
    let length = start[..<8].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    return length <= UInt64(fileSize - 8)
  }

  /// What the names in a zip tell: the first one stands in its beginning, all of them at its end.
  private static func archive(_ file: RandomAccessFile, _ start: [UInt8]) throws -> FileKind {
    let count = min(file.count, 1 << 16)
    let end = try file.elements(UInt8.self, at: file.count - count, count: count)
    func holds(_ text: String) -> Bool {
      [start, end].contains { bytes in
        let wanted = Array(text.utf8)
        return bytes.indices.dropLast(wanted.count - 1).contains {
          bytes[$0..<$0 + wanted.count].elementsEqual(wanted)
        }
      }
    }
    return holds("/data.pkl") ? .torchZip : holds(".npy") ? .numpyArchive : .zip
  }

  /// UTF-8 without control characters; the last character may be cut.
  private static func isText(_ bytes: [UInt8]) -> Bool {
    let hasControls = bytes.contains { $0 < 0x20 && !(0x09...0x0d).contains($0) && $0 != 0x1b || $0 == 0x7f }
    return !hasControls
      && (0..<min(4, bytes.count)).contains { String(validating: bytes.dropLast($0), as: UTF8.self) != nil }
  }

  /// What it is.
  var name: String {
    switch self {
    case .torchZip: "a PyTorch checkpoint (a zip of torch.save)"
    case .torchLegacy: "a PyTorch checkpoint (torch.save's format before 1.6)"
    case .pickle: "a Python pickle"
    case .numpyArchive: "a NumPy archive (.npz)"
    case .numpyArray: "a NumPy array (.npy)"
    case .zip: "a zip archive"
    case .hdf5: "an HDF5 file"
    case .gzip: "compressed with gzip"
    case .tar: "a tar archive"
    case .text: "text"
    case .empty: "empty"
    }
  }

  /// What it is instead of safetensors, and how to mend it, without the subject.
  func description(convertibleAt path: String) -> String {
    let remedy =
      switch self {
      case .torchZip, .torchLegacy:
        "convert it with: mclc import \(ShellText.quoted(path)) -o \(ShellText.quoted(Self.converted(path)))"
      case .pickle: "save the state dict with torch.save and convert that with 'mclc import'"
      case .numpyArchive, .numpyArray, .hdf5:
        "read its arrays in Python and write them with safetensors.numpy.save_file"
      case .gzip, .zip, .tar: "unpack it and give the file of weights in it"
      case .text: "give a file of weights (.safetensors)"
      case .empty: "it may be a download or a copy that was broken off; get it anew"
      }
    return "\(name), not safetensors; \(remedy)"
  }

  /// The name of the converted file, which is never the file itself.
  private static func converted(_ path: String) -> String {
    let stem = FilePath(path).stem.description
    let name = stem + ".safetensors"
    return name.hasSameBytes(as: path) ? stem + "-converted.safetensors" : name
  }
}
