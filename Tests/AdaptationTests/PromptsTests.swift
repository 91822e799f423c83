import Glibc
import System
import Testing

@testable import Adaptation

/// Weights of templates: expectation maximisation against its definition, and what leaving clips out chooses.
struct PromptsTests {
  /// A small deterministic generator of numbers in -1 ... 1.
  private struct Numbers {
    var state: UInt64
    mutating func next() -> Float {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Int32(truncatingIfNeeded: state >> 32)) / Float(1 << 31)
    }
    mutating func array(_ count: Int) -> [Float] { (0..<count).map { _ in next() } }
  }

  private static let size = 16
  private static let classes = 5

  /// Videos near their class's direction, texts in `good` templates near it too, and in others anywhere.
  private struct World {
    var videos: [Float] = []
    var labels: [Int32] = []
    var texts: [Float] = []
    let templates: Int

    init(good: Int, absurd: Int, each: Int, noise: Float = 0.3, seed: UInt64 = 1) {
      var numbers = Numbers(state: seed)
      let centres = (0..<classes).map { _ in numbers.array(size) }
      templates = good + absurd
      for label in 0..<classes {
        for _ in 0..<each {
          videos += centres[label].map { $0 + noise * numbers.next() }
          labels.append(Int32(label))
        }
      }
      for template in 0..<templates {
        for centre in centres {
          texts += centre.map { template < good ? $0 + 0.2 * numbers.next() : numbers.next() }
        }
      }
    }

    func table(scale: Float = 100) throws(Failure) -> PromptsTable {
      try PromptsTable(
        videos: videos, labels.count, texts: texts, templates: templates, classes: classes, size: size,
        scale: scale, keepsProbabilities: true)
    }
  }

  @Test(arguments: [0, 0.01, 1, 10])
  func everyStepRaisesTheObjective(strength: Double) throws {
    var numbers = Numbers(state: 3)
    let (videos, templates) = (40, 12)
    let likelihoods = numbers.array(videos * templates).map { exp(8 * Double($0) - 8) }
    let prior = [Double](repeating: 1 / Double(templates), count: templates)
    var mixture = try PromptsMixture(prior: prior, templates: templates, strength: strength)
    var before = -Double.infinity
    for _ in 0..<200 {
      let objective = mixture.step(likelihoods, videos: videos)
      #expect(objective >= before - 1e-12 * abs(before))
      before = objective
      let weights = mixture.weights.view
      #expect(abs(weights.reduce(0, +) - 1) < 1e-12 && weights.allSatisfy { $0 >= 0 })
    }
  }

  /// The derivative of the log-likelihood of each weight is the same where weights are above 0, and no larger elsewhere.
  @Test func stepsEndAtTheMaximum() throws {
    var numbers = Numbers(state: 5)
    let (videos, templates) = (30, 6)
    let likelihoods = numbers.array(videos * templates).map { exp(3 * Double($0) - 3) }
    let prior = [Double](repeating: 1 / Double(templates), count: templates)
    var mixture = try PromptsMixture(prior: prior, templates: templates, strength: 0)
    for _ in 0..<20000 { _ = mixture.step(likelihoods, videos: videos) }
    let weights = Array(mixture.weights.view)
    for p in 0..<templates {
      var slope = 0.0
      for video in 0..<videos {
        let row = likelihoods[(video * templates)...].prefix(templates)
        slope += row[video * templates + p] / zip(weights, row).reduce(0) { $0 + $1.0 * $1.1 }
      }
      #expect(slope <= Double(videos) * (1 + 1e-3))
      if weights[p] > 1e-6 { #expect(abs(slope - Double(videos)) < 1e-3 * Double(videos)) }
    }
  }

  @Test func absurdTemplatesGetNoWeight() throws {
    let world = World(good: 4, absurd: 12, each: 6)
    let fit = try PromptsFit(world.table(), labels: world.labels, clips: nil, strength: nil)
    let weights = Array(fit.weights.view)
    #expect(abs(weights.reduce(0, +) - 1) < 1e-12)
    #expect(weights[4...].reduce(0, +) < 0.02)
    #expect(fit.chosen.hits >= fit.equal.hits && fit.folds == 30)
    let zeroShot = try world.table().weightsWithoutLabels()
    #expect(zeroShot.view[4...].reduce(0, +) < 0.1)
  }

  @Test func viewsOfOneClipAreLeftOutTogether() throws {
    let world = World(good: 3, absurd: 3, each: 8)
    let clips = (0..<Int64(world.labels.count)).map { $0 / 4 - 3 }
    let fit = try PromptsFit(world.table(), labels: world.labels, clips: clips, strength: nil)
    #expect(fit.folds == world.labels.count / 4)
    let many = World(good: 3, absurd: 3, each: 13)
    #expect(try PromptsFit(many.table(), labels: many.labels, clips: nil, strength: nil).folds == 32)
  }

  @Test func labelsWithoutSenseAreNotFitted() throws {
    var world = World(good: 6, absurd: 0, each: 4, noise: 0.1)
    for index in world.labels.indices { world.labels[index] = Int32((index * 7) % PromptsTests.classes) }
    let fit = try PromptsFit(world.table(), labels: world.labels, clips: nil, strength: nil)
    #expect(fit.chosen.hits >= fit.equal.hits)
    let forced = try PromptsFit(world.table(), labels: world.labels, clips: nil, strength: 0.1)
    #expect(forced.origin == .fitted && forced.strength == 0.1)
  }

  @Test func weightsWithoutLabelsAreTheFormula() throws {
    let world = World(good: 2, absurd: 1, each: 2)
    let (size, classes, count) = (PromptsTests.size, PromptsTests.classes, world.labels.count)
    func row(_ values: [Float], _ index: Int) -> [Double] {
      values[(index * size)..<((index + 1) * size)].map(Double.init)
    }
    func cosine(_ a: [Double], _ b: [Double]) -> Double {
      func dot(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
      return dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
    }
    let scores = (0..<3).map { template in
      let cosines = (0..<count).map { video in
        (0..<classes).map { cosine(row(world.videos, video), row(world.texts, template * classes + $0)) }
      }
      let means = (0..<classes).map { label in
        cosines.reduce(0) { $0 + $1[label] } / Double(count)
      }
      let best = cosines.map { zip($0, means).map { $0 - $1 }.max() ?? 0 }
      return 5 * best.reduce(0, +) / Double(count)
    }
    let sum = scores.reduce(0) { $0 + exp($1) }
    let weights = try world.table(scale: 10).weightsWithoutLabels()
    for template in 0..<3 { #expect(abs(weights[template] - exp(scores[template]) / sum) < 1e-9) }
  }
}
