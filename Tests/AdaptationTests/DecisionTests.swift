import Glibc
import Numerics
import System
import Testing

@testable import Adaptation

/// Thresholds: for "none of these", and for several labels at once.
@Suite struct DecisionTests {
  private func fit(
    _ world: World, _ examples: [Example], _ options: FitOptions = .prototypes, pool: ThreadPool? = nil
  ) throws -> AdaptedClassifier {
    try AdaptedClassifier.fit(
      support(examples), texts: world.texts, labelCount: world.labelCount, scale: 20, options, pool: pool)
  }

  private func scores(_ numbers: [(Double, Double)]) throws -> WeightedScores {
    let scores = try WeightedScores(numbers.count)
    for (score, weight) in numbers { scores.add(score, weight: weight) }
    scores.sort()
    return scores
  }

  @Test func thresholdsAreTheLargestThatAcceptEnough() throws {
    let known = try scores([(0.9, 1), (0.3, 1), (0.6, 1), (0.8, 0.5), (0.7, 0.5)])
    #expect(known.threshold(0.25) == 0.9 && known.threshold(0.26) == 0.8)
    #expect(known.threshold(0.5) == 0.7 && known.threshold(0.75) == 0.6 && known.threshold(1) == 0.3)
    #expect(try scores([]).threshold(0.95) == 0)
  }

  @Test func theAreaCountsPairs() throws {
    let (known, unknown) = (try scores([(0.9, 1), (0.5, 1), (0.5, 2)]), try scores([(0.5, 1), (0.7, 3)]))
    // 0.9 is above both; 0.5 equals 0.5 and is below 0.7.
    #expect(abs(known.probabilityAbove(unknown) - (1 * 4 + 3 * 0.5) / 16) < 1e-12)
    #expect(try scores([]).probabilityAbove(unknown) == 0)
  }

  @Test func theBestF1IsFound() throws {
    var generator = Generator(state: 99)
    for count in [1, 2, 5, 12] {
      let positives = (0..<count).map { _ in (generator.normal() + 1, Double(generator.next() % 3 + 1)) }
      let negatives = (0..<20).map { _ in (generator.normal(), 1.0) }
      let search = try F1Search(count)
      for (score, weight) in positives { search.addPositive(score, weight: weight) }
      search.sortPositives()
      for (score, weight) in negatives { search.addNegative(score, weight: weight) }
      func f1(_ threshold: Double) -> Double {
        func weight(_ list: [(Double, Double)], _ threshold: Double) -> Double {
          list.reduce(0) { $0 + ($1.0 >= threshold ? $1.1 : 0) }
        }
        let right = weight(positives, threshold)
        return 2 * right / (right + weight(negatives, threshold) + weight(positives, -.infinity))
      }
      let best = positives.map { f1($0.0) }.max()!
      #expect(abs(f1(search.best) - best) < 1e-12)
      #expect(!positives.contains { $0.0 == search.best } || count == 1)
    }
  }

  /// Unknown actions: labels of the world that the classifier does not have at all.
  @Test(arguments: [FitMethod.prototypes, .ridge, .softmax, .words])
  func theRejectThresholdKeepsItsPromise(method: FitMethod) throws {
    var world = try World(labels: 30, size: 64)
    let examples = world.clips(Array(0..<16), each: 12, noise: 1.2)
    let (fresh, strange) = (
      world.clips(Array(0..<16), each: 30, noise: 1.2), world.clips(Array(20..<30), each: 30, noise: 1.2)
    )
    var options = FitOptions()
    options.method = method
    let classifier = try AdaptedClassifier.fit(
      support(examples), texts: world.texts, labelCount: 20, scale: 20, options)
    let report = try #require(classifier.report)
    func shares(_ examples: [Example]) throws -> (probability: Double, margin: Double) {
      let out = try FloatBuffer(count: 20)
      var (byProbability, byMargin) = (0.0, 0.0)
      for example in examples {
        try example.row.withUnsafeBufferPointer {
          try classifier.probabilities($0.baseAddress!, 1, scale: 100, to: out.base)
        }
        let sorted = (0..<20).map { Double(out[$0]) }.sorted(by: >)
        if sorted[0] >= classifier.rules.rejectThreshold { byProbability += 1 / Double(examples.count) }
        if sorted[0] - sorted[1] >= classifier.rules.rejectMargin { byMargin += 1 / Double(examples.count) }
      }
      return (byProbability, byMargin)
    }
    let (known, unknown) = (try shares(fresh), try shares(strange))
    for (rule, accepted, wronglyAccepted) in [
      (report.openSet.probability, known.probability, unknown.probability),
      (report.openSet.margin, known.margin, unknown.margin),
    ] {
      #expect(rule.accepted.value >= 0.95 && rule.accepted.of == 192 && rule.rejected.of == 192)
      #expect(abs(accepted - 0.95) < 0.05, "\(rule)")
      #expect(abs(1 - wronglyAccepted - rule.rejected.value) < 0.2, "\(rule) rejects \(1 - wronglyAccepted)")
      #expect(rule.area > 0.75 && rule.area <= 1)
    }
    #expect(classifier.rules.rejectThreshold == report.openSet.probability.threshold)
  }

  @Test func singleClipsGiveNoThreshold() throws {
    var world = try World(labels: 6, size: 24)
    let classifier = try fit(world, world.clips([0, 1, 2], each: 1), FitOptions())
    let openSet = try #require(classifier.report).openSet
    #expect(openSet.probability.threshold == 0 && openSet.probability.accepted.of == 0)
    #expect(openSet.probability.area == 0 && openSet.margin.threshold == 0)
    for threshold in list(classifier.rules.thresholds) { #expect(threshold > 0 && threshold < 1) }
  }

  /// The sigmoid's parameters make the derivative of the objective zero.
  @Test func independentProbabilitiesAreALogisticRegression() throws {
    var world = try World(labels: 7, size: 24)
    let examples = world.clips([0, 1, 2, 4], each: 4, views: 2, noise: 2) + world.clips([5], each: 1)
    let rows = try OrderedRows(support(examples))
    let texts = try TextCosines(rows, texts: matrix(world.texts, world), scale: 20, pool: nil)
    let candidate = try Candidate.prototypes(rows, texts, FitOptions(), pool: nil)
    let estimate = try LeftOutEstimate(candidate, rows, texts, pool: nil)
    let independent = try IndependentFit((candidate, estimate), rows, pool: nil)
    var (a, b) = (independent.slope - 1, 1e-6 * independent.intercept)
    for row in 0..<rows.count where rows.hasSiblings(row) {
      for label in 0..<7 {
        var z = 20 * texts.all[row, label]
        for column in 0..<rows.labelCount where rows.labels[column] == label {
          z = candidate.clipLeftOut[row, column]
        }
        z *= estimate.temperature
        let p = 1 / (1 + exp(-(independent.slope * z + independent.intercept)))
        let error = rows.weights[row] * (p - (label == rows.labels[rows.columns[row]] ? 1 : 0))
        (a, b) = (a + error * z, b + error)
      }
    }
    #expect(abs(a) < 1e-3 && abs(b) < 1e-3)
  }

  /// A video of two actions at once, the mean of a clip of each, is less like either. Half or more are still found, and
  /// next to nothing else.
  @Test func severalLabelsAreFound() throws {
    var world = try World(labels: 12, size: 64)
    let classifier = try fit(world, world.clips(Array(0..<10), each: 8))
    let (first, second) = (world.clips([2], each: 40), world.clips([7], each: 40))
    var (found, wrong) = (0, 0)
    let out = try FloatBuffer(count: 12)
    for (one, other) in zip(first, second) {
      let mixed = zip(one.row, other.row).map { $0 + $1 }
      try mixed.withUnsafeBufferPointer {
        try classifier.independentProbabilities($0.baseAddress!, 1, to: out.base)
      }
      for label in 0..<12 where Double(out[label]) >= classifier.rules.thresholds[label] {
        if label == 2 || label == 7 { found += 1 } else { wrong += 1 }
      }
    }
    #expect(found > 40 && wrong < 5, "\(found) of 80, \(wrong) wrong")
  }

  @Test func theSameRulesForAnyOrderAndAnyThreads() throws {
    var world = try World(labels: 9, size: 40, meaningless: [2])
    let examples =
      world.clips([0, 1, 2, 3, 4], each: 8, views: 2, noise: 2) + world.clips([5], each: 1)
    let first = try fit(world, examples)
    for pool in [nil, ThreadPool(threads: 2), ThreadPool(threads: 3)] {
      let second = try fit(world, examples.reversed(), pool: pool)
      #expect(list(first.rules.thresholds) == list(second.rules.thresholds))
      #expect(first.rules.slope == second.rules.slope && first.rules.intercept == second.rules.intercept)
      let (report, again) = (try #require(first.report), try #require(second.report))
      #expect(report.openSet == again.openSet && report.openSetOfWords == again.openSetOfWords)
    }
  }
}
