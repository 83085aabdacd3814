import Foundation
import MCLDataTestKit
import MCLDrawing
import MCLVideo
import Testing

@Suite struct EventFileTests {
  /// CRC-32C by the definition, a bit at a time.
  private func crc32c(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var value: UInt32 = .max
    for byte in bytes {
      value ^= UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 0 ? value >> 1 : value >> 1 ^ 0x82f6_3b78 }
    }
    return ~value
  }

  private func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let value = crc32c(bytes)
    return (value >> 15 | value << 17) &+ 0xa282_ead8
  }

  private func number(_ bytes: some Sequence<UInt8>) -> Int {
    bytes.enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
  }

  /// A message's fields; those of fixed length as their bytes.
  private func fields(_ bytes: [UInt8]) -> [(field: Int, integer: Int, bytes: [UInt8])] {
    var (place, result) = (0, [(Int, Int, [UInt8])]())
    func varint() -> Int {
      var (value, shift) = (0, 0)
      while true {
        let byte = Int(bytes[place])
        place += 1
        value |= (byte & 0x7f) << shift
        shift += 7
        if byte < 0x80 { return value }
      }
    }
    while place < bytes.count {
      let key = varint()
      if key & 7 == 0 {
        result.append((key >> 3, varint(), []))
        continue
      }
      let length = key & 7 == 1 ? 8 : key & 7 == 5 ? 4 : varint()
      result.append((key >> 3, 0, Array(bytes[place..<place + length])))
      place += length
    }
    return result
  }

  /// The messages of a file, their checksums checked.
  private func messages(_ bytes: [UInt8]) throws -> [[UInt8]] {
    var (place, result) = (0, [[UInt8]]())
    while place < bytes.count {
      let length = number(bytes[place..<place + 8])
      #expect(number(bytes[place + 8..<place + 12]) == Int(masked(bytes[place..<place + 8])))
      let message = Array(bytes[place + 12..<place + 12 + length])
      #expect(number(bytes[place + 12 + length..<place + 16 + length]) == Int(masked(message)))
      result.append(message)
      place += 16 + length
    }
    return result
  }

  @Test func theChecksumIsTheStandards() { #expect(crc32c(Array("123456789".utf8)) == 0xe306_9283) }

  @Test func scalarsAndImagesAreThere() throws {
    let folder = try VideoTestFolder()
    let image = try JPEGImage(width: 2, height: 1, rgb: [255, 0, 0, 0, 0, 255])
    #expect(EventFile.tag("loss.mal.space") == "loss/mal.space" && EventFile.tag("norm") == "norm")
    do {
      let events = try EventFile(folder: folder.path, step: 4)
      try events.write(step: 5, scalars: ["loss.total": 2.5, "learning_rate": 0.25])
      try events.write(step: 5, images: ["samples/0": image])
      try events.write(step: 6, scalars: [:])
      let second = try EventFile(folder: folder.path, step: 0)
      #expect(second.path != events.path)
    }
    let name = try #require(folder.files().first { $0.hasPrefix("events.out.tfevents.") })
    let all = try messages(try folder.bytes(name)).map(fields)
    #expect(all.count == 4)
    #expect(all.map { $0.first { $0.field == 2 }?.integer } == [0, 5, 5, 5])
    #expect(all[0].first { $0.field == 3 }?.bytes == Array("brain.Event:2".utf8))
    // SessionLog START: later events of earlier files are not there.
    #expect(fields(all[1].first { $0.field == 7 }?.bytes ?? []).map(\.integer) == [1])
    let scalars = fields(try #require(all[2].first { $0.field == 5 }).bytes).map { fields($0.bytes) }
    #expect(scalars.map { String(decoding: $0[0].bytes, as: UTF8.self) } == ["learning_rate", "loss.total"])
    #expect(scalars.map { Float(bitPattern: UInt32(number($0[1].bytes))) } == [0.25, 2.5])
    let value = fields(fields(try #require(all[3].first { $0.field == 5 }).bytes)[0].bytes)
    let content = fields(try #require(value.first { $0.field == 4 }).bytes)
    #expect(content.map(\.integer) == [1, 2, 3, 0] && content.map(\.field) == [1, 2, 3, 4])
    #expect(content[3].bytes == image.bytes)
  }

  @Test func aPictureIsAPNG() throws {
    // More than one block of 65535 bytes.
    let (width, height) = (150, 150)
    let pixels = (0..<width * height * 3).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let bytes = PNGImage(width: width, height: height, rgb: pixels).bytes
    #expect(bytes.prefix(8).elementsEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))
    var (place, packed) = (8, [UInt8]())
    while place < bytes.count {
      let length = number(bytes[place..<place + 4].reversed())
      let content = bytes[place + 8..<place + 8 + length]
      let checksum = number(bytes[place + 8 + length..<place + 12 + length].reversed())
      #expect(checksum == Int(TorchFiles.crc32(Array(bytes[place + 4..<place + 8 + length]))))
      if bytes[place + 4..<place + 8].elementsEqual("IDAT".utf8) { packed += content }
      place += 12 + length
    }
    var (rows, at, isLast) = ([UInt8](), 2, false)
    while !isLast {
      isLast = packed[at] == 1
      let length = number(packed[at + 1..<at + 3])
      #expect(number(packed[at + 3..<at + 5]) == 0xffff - length)
      rows += packed[at + 5..<at + 5 + length]
      at += 5 + length
    }
    #expect(at == packed.count - 4)
    let line = 3 * width + 1
    var plain: [UInt8] = []
    for row in 0..<height { plain += rows[row * line + 1..<(row + 1) * line] }
    #expect(plain == pixels)
    #expect(stride(from: 0, to: rows.count, by: line).allSatisfy { rows[$0] == 0 })
  }
}
