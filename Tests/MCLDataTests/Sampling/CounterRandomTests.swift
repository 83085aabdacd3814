import Foundation
import MCLDataTestKit
import MCLSupport
import Testing

@Suite("Counter-based random streams")
struct CounterRandomTests {
  @Test("Philox gives the known answers of its authors' test vectors")
  func knownAnswers() {
    let all = UInt32.max
    #expect(
      CounterRandom.philox(counter: [0, 0, 0, 0], key: [0, 0])
        == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
    #expect(
      CounterRandom.philox(counter: [all, all, all, all], key: [all, all])
        == [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd])
    #expect(
      CounterRandom.philox(
        counter: [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], key: [0xa409_3822, 0x299f_31d0])
        == [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1])
  }

  @Test("A purpose is hashed by FNV-1a")
  func purposeHash() {
    #expect(CounterRandom.Purpose("").hash == 0xcbf2_9ce4_8422_2325)
    #expect(CounterRandom.Purpose("a").hash == 0xaf63_dc4c_8601_ec8c)
    #expect(CounterRandom.Purpose("foobar").hash == 0x8594_4171_f739_67e8)
  }

  @Test("The same key gives the same stream, every other key another one")
  func keys() {
    func stream(_ seed: UInt64, _ epoch: Int, _ sample: Int, _ purpose: CounterRandom.Purpose) -> [UInt64] {
      var random = CounterRandom(seed: seed, epoch: epoch, sample: sample, purpose: purpose)
      return (0..<16).map { _ in random.next() }
    }
    #expect(stream(7, 3, 11, "crop") == stream(7, 3, 11, "crop"))
    var seen: Set<UInt64> = []
    var drawn = 0
    for seed in [0, 1, 2, UInt64.max] {
      for epoch in [-1, 0, 1, 2, 1 << 32, 1 << 33] {
        for sample in [-1, 0, 1, 2, 1 << 32, .max] {
          for purpose: CounterRandom.Purpose in ["", "crop", "crop.xq", "starts"] {
            seen.formUnion(stream(seed, epoch, sample, purpose))
            drawn += 16
          }
        }
      }
    }
    #expect(seen.count == drawn)
  }

  @Test("Neighbouring keys are not correlated", arguments: ["seed", "epoch", "sample", "purpose"])
  func neighbours(of part: String) {
    let trials = 20_000
    var product = 0.0
    for index in 0..<trials {
      func value(_ shift: Int) -> Double {
        var random = CounterRandom(
          seed: part == "seed" ? UInt64(index + shift) : 1, epoch: part == "epoch" ? index + shift : 1,
          sample: part == "sample" ? index + shift : 1,
          purpose: part == "purpose" ? .init("p\(index + shift)") : "p")
        return random.uniform() - 0.5
      }
      product += value(0) * value(1)
    }
    // The correlation of independent values has a standard deviation of 1/sqrt(n).
    #expect(abs(product / Double(trials) * 12) < 5 / Double(trials).squareRoot())
  }

  @Test("Integers are uniform", arguments: [1, 2, 3, 7, 10, 256])
  func integers(bound: Int) {
    var random = CounterRandom(seed: 1, purpose: "integers")
    var counts: [Int: Int] = [:]
    for _ in 0..<50_000 { counts[random.integer(below: bound), default: 0] += 1 }
    if bound == 1 {
      #expect(counts == [0: 50_000])
      return
    }
    let law = Dictionary(uniqueKeysWithValues: (0..<bound).map { ($0, 1 / Double(bound)) })
    let test = ChiSquare(counts, law: law)
    #expect(test.passes, "\(test)")
  }

  @Test("Integers of a bound that does not divide 2^64 are not biased towards any residue")
  func largeBound() {
    // Without rejection, 2^64 mod bound = 2^62 values more would fall on every fourth integer.
    let bound = 3 << 61
    var random = CounterRandom(seed: 2, purpose: "large")
    var thirds: [Int: Int] = [:]
    for _ in 0..<30_000 { thirds[random.integer(below: bound) % 3, default: 0] += 1 }
    let test = ChiSquare(thirds, law: [0: 1.0 / 3, 1: 1.0 / 3, 2: 1.0 / 3])
    #expect(test.passes, "\(test)")
  }

  @Test("Uniform, normal and Bernoulli draws have their laws")
  func laws() {
    var random = CounterRandom(seed: 3, purpose: "laws")
    let trials = 100_000
    var tenths: [Int: Int] = [:]
    var (mean, square, fourth) = (0.0, 0.0, 0.0)
    var heads = 0
    for _ in 0..<trials {
      let value = random.uniform(in: -1...3)
      #expect(value >= -1 && value < 3)
      tenths[Int((value + 1) / 0.4), default: 0] += 1
      let normal = random.normal()
      mean += normal
      square += normal * normal
      fourth += normal * normal * normal * normal
      heads += random.bernoulli(0.7) ? 1 : 0
    }
    let test = ChiSquare(tenths, law: Dictionary(uniqueKeysWithValues: (0..<10).map { ($0, 0.1) }))
    #expect(test.passes, "\(test)")
    let n = Double(trials)
    #expect(abs(mean / n) < 5 / n.squareRoot())
    #expect(abs(square / n - 1) < 5 * (2 / n).squareRoot())
    #expect(abs(fourth / n - 3) < 5 * (96 / n).squareRoot())
    #expect(isPlausible(heads, of: trials, probability: 0.7))
    #expect((0..<1000).allSatisfy { _ in random.bernoulli(1) && !random.bernoulli(0) })
  }

  @Test("Every permutation of four is as likely as any other")
  func shuffle() {
    var random = CounterRandom(seed: 4, purpose: "shuffle")
    var counts: [[Int]: Int] = [:]
    for _ in 0..<24_000 { counts[random.permutation(4), default: 0] += 1 }
    let law = Dictionary(uniqueKeysWithValues: counts.keys.map { ($0, 1.0 / 24) })
    #expect(law.count == 24)
    let test = ChiSquare(counts, law: law)
    #expect(test.passes, "\(test)")
  }

  @Test("It serves the standard library as a generator")
  func standardLibrary() {
    var random = CounterRandom(seed: 5, purpose: "standard library")
    #expect((0..<100).allSatisfy { _ in (3..<9).contains(Int.random(in: 3..<9, using: &random)) })
  }
}
