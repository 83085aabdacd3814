import MCLData
import MCLDataTestKit
import MCLSupport
import Testing

@Suite("Temporal sampling")
struct TemporalSamplerTests {
  struct Outcome: Hashable {
    var order: Int
    var clip1: Int
    var clip2: Int
    var clip3: Int
  }

  static func counts(
    _ sampler: TemporalSampler, frameCount: Int, velocities: [Float], trials: Int
  ) throws -> (outcomes: [Outcome: Int], guided: Int) {
    var outcomes: [Outcome: Int] = [:]
    var guided = 0
    for sample in 0..<trials {
      var random = CounterRandom(seed: 11, epoch: 1, sample: sample, purpose: "starts")
      let starts = try sampler.sample(
        frameCount: frameCount, velocities: velocities, video: "v", random: &random)
      outcomes[
        Outcome(order: starts.order, clip1: starts.clip1, clip2: starts.clip2, clip3: starts.clip3),
        default: 0] += 1
      guided += starts.isGuided ? 1 : 0
    }
    return (outcomes, guided)
  }

  /// The law of one sample when each half is drawn from uniformly.
  static func law(first: [Int], second: [Int], weight: Double, into law: inout [Outcome: Double]) {
    for order in [0, 1] {
      let (single, pair) = order == 1 ? (first, second) : (second, first)
      for one in single {
        for a in pair {
          for b in pair {
            let outcome = Outcome(order: order, clip1: one, clip2: min(a, b), clip3: max(a, b))
            law[outcome, default: 0] += weight / 2 / Double(single.count * pair.count * pair.count)
          }
        }
      }
    }
  }

  @Test("The starts follow the exact joint law, the mixture of guided and uniform draws")
  func jointLaw() throws {
    // Span 8, 20 frames: halves 1...3 and 10...13, of which the 3/2+1 = 2 fastest.
    let sampler = try TemporalSampler(clipFrames: 4, step: 2)
    var velocities = [Float](repeating: 0, count: 12)
    velocities[0] = 5
    velocities[2] = 5  // 1 and 3 before 2
    velocities[10] = 1  // start 11; 10, 12 and 13 tie behind it, so 10 is taken
    var law: [Outcome: Double] = [:]
    Self.law(first: [1, 2, 3], second: [10, 11, 12, 13], weight: 0.3, into: &law)
    Self.law(first: [1, 3], second: [10, 11], weight: 0.7, into: &law)
    let (outcomes, guided) = try Self.counts(sampler, frameCount: 20, velocities: velocities, trials: 200_000)
    let test = ChiSquare(outcomes, law: law)
    #expect(test.degreesOfFreedom == 53)
    #expect(test.passes, "\(test)")
    #expect(isPlausible(guided, of: 200_000, probability: 0.7))
  }

  @Test("Clip 1 of the default clips follows the law too, at 100 frames")
  func marginalLaw() throws {
    let sampler = try TemporalSampler()
    let velocities = (0..<68).map { Float(($0 * 37) % 11) }
    let fastest = try #require(
      try sampler.fastestStarts(frameCount: 100, velocities: velocities, video: "v"))
    #expect(fastest.first.count == 10)
    #expect(fastest.second.count == 10)
    var law: [Outcome: Double] = [:]
    Self.law(first: Array(1...19), second: Array(50...69), weight: 0.3, into: &law)
    Self.law(first: fastest.first, second: fastest.second, weight: 0.7, into: &law)
    let marginal = Dictionary(law.map { ([$0.key.order, $0.key.clip1], $0.value) }, uniquingKeysWith: +)
    let pairs = Dictionary(
      law.map { ([$0.key.order, $0.key.clip2, $0.key.clip3], $0.value) }, uniquingKeysWith: +)
    let outcomes = try Self.counts(sampler, frameCount: 100, velocities: velocities, trials: 200_000).outcomes
    let first = ChiSquare(
      Dictionary(outcomes.map { ([$0.key.order, $0.key.clip1], $0.value) }, uniquingKeysWith: +),
      law: marginal)
    let second = ChiSquare(
      Dictionary(
        outcomes.map { ([$0.key.order, $0.key.clip2, $0.key.clip3], $0.value) }, uniquingKeysWith: +),
      law: pairs)
    #expect(first.passes, "\(first)")
    #expect(second.passes, "\(second)")
  }

  @Test(
    "The fastest starts are floor(n1/2)+1 of each half, ties by the lower start, the last borrowing its velocity"
  )
  func fastestStarts() throws {
    let sampler = try TemporalSampler()
    // 70 frames: halves 1...4 and 35...39; three of each. Start 39 borrows the velocity of 38.
    var velocities = [Float](repeating: 1, count: 38)
    velocities[37] = 9
    velocities[3] = 2
    let fastest = try #require(try sampler.fastestStarts(frameCount: 70, velocities: velocities, video: "v"))
    #expect(fastest.first == [4, 1, 2])
    #expect(fastest.second == [38, 39, 35])
    // At two spans exactly there is one start in the first half, and one of two in the second.
    let least = try #require(
      try sampler.fastestStarts(frameCount: 64, velocities: [Float](repeating: 1, count: 32), video: "v"))
    #expect(least.first == [1])
    #expect(least.second == [32])
    #expect(try sampler.fastestStarts(frameCount: 63, velocities: [], video: "v") == nil)
  }

  @Test("Short videos: three uniform sorted starts; label 0 puts clip 1 last")
  func shortVideos() throws {
    let sampler = try TemporalSampler(clipFrames: 4, step: 2)
    // Span 8, 11 frames: starts 1...4.
    var law: [Outcome: Double] = [:]
    for a in 1...4 {
      for b in 1...4 {
        for c in 1...4 {
          let s = [a, b, c].sorted()
          law[Outcome(order: 1, clip1: s[0], clip2: s[1], clip3: s[2]), default: 0] += 1.0 / 128
          law[Outcome(order: 0, clip1: s[2], clip2: s[0], clip3: s[1]), default: 0] += 1.0 / 128
        }
      }
    }
    let (outcomes, guided) = try Self.counts(sampler, frameCount: 11, velocities: [], trials: 60_000)
    let test = ChiSquare(outcomes, law: law)
    #expect(test.degreesOfFreedom == 39)
    #expect(test.passes, "\(test)")
    #expect(guided == 0)
  }

  @Test(
    "Every clip lies within the video, at all lengths", arguments: [33, 34, 63, 64, 65, 66, 97, 128, 300])
  func bounds(frameCount: Int) throws {
    let sampler = try TemporalSampler()
    let velocities = (0..<frameCount - 32).map { Float($0 % 5) }
    for (outcome, _) in try Self.counts(sampler, frameCount: frameCount, velocities: velocities, trials: 2000)
      .outcomes
    {
      for start in [outcome.clip1, outcome.clip2, outcome.clip3] {
        let frames = sampler.frameIndices(start: start)
        #expect(frames.count == 16)
        #expect(frames[0] >= 0 && frames[15] < frameCount)
      }
      #expect(outcome.clip2 <= outcome.clip3)
      if outcome.order == 1 {
        #expect(outcome.clip1 <= outcome.clip2)
      } else {
        #expect(outcome.clip1 >= outcome.clip3)
      }
    }
  }

  @Test("What cannot be sampled is said in one sentence")
  func errors() throws {
    let sampler = try TemporalSampler()
    func message(_ frameCount: Int, _ velocities: [Float] = [], guided: Double = 1) -> String {
      var random = CounterRandom(seed: 1, purpose: "starts")
      do {
        let sampler = try TemporalSampler(guidedProbability: guided)
        _ = try sampler.sample(
          frameCount: frameCount, velocities: velocities, video: "a.avi", random: &random)
        return "no error"
      } catch { return "\(error)" }
    }
    #expect(
      message(20)
        == "video a.avi has 20 frames, fewer than the 32 a clip spans: leave it out of the list or sample shorter clips"
    )
    for count in [32, 33] { #expect(message(count) == "no error") }
    #expect(message(100, [1, 2], guided: 0) == "no error")
    #expect(message(100, [1, 2], guided: 1e-9) == message(100, [1, 2]))
    #expect(
      message(100, [1, 2])
        == "video a.avi of 100 frames has 2 clip velocities, not the 68 that clips spanning 32 frames need: "
        + "prepare its motion again")
    #expect(
      message(64, [Float](repeating: .nan, count: 32))
        == "video a.avi has a clip velocity that is not a finite number: prepare its motion again")
    #expect(throws: SamplingError.self) { try TemporalSampler(clipFrames: 0) }
    #expect(throws: SamplingError.self) { try TemporalSampler(guidedProbability: .nan) }
    #expect(sampler.span == 32)
  }
}
