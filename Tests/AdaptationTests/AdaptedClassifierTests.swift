import Numerics
import System
import Testing

@testable import Adaptation

@Suite struct AdaptedClassifierTests {
  private let scale = 20.0
  private let methods: [FitMethod] = [.automatic, .words, .prototypes, .ridge, .softmax]

  private func fit(
    _ world: World, _ examples: [Example], _ method: FitMethod = .automatic, pool: ThreadPool? = nil
  )
    throws -> AdaptedClassifier
  {
    var options = FitOptions()
    options.method = method
    return try AdaptedClassifier.fit(
      support(examples), texts: world.texts, labelCount: world.labelCount, scale: scale, options, pool: pool)
  }

  @Test func meaninglessNamesAreLearnedFromClips() throws {
    var world = try World(labels: 12, size: 48, meaningless: [0, 1, 2, 3])
    let examples = world.clips([0, 1, 2, 3], each: 4)
    let (fresh, old) = (world.clips([0, 1, 2, 3], each: 25), world.clips(Array(4..<12), each: 10))
    let words = try fit(world, examples, .words)
    let untaught = try accuracy(words, fresh)
    #expect(untaught < 0.3)
    for method in methods where method != .words {
      let taught = try fit(world, examples, method)
      let learned = try accuracy(taught, fresh)
      #expect(learned > 0.7, "\(method)")
      let (before, after) = (try accuracy(words, old), try accuracy(taught, old))
      #expect(after > before - 0.15, "\(method)")
    }
  }

  @Test func theSameBitsForAnyOrderAndAnyThreads() throws {
    var world = try World(labels: 9, size: 40, meaningless: [2])
    let examples = world.clips([0, 1, 2, 3, 4], each: 3, views: 2) + world.clips([5], each: 1)
    for method in methods {
      let first = try fit(world, examples, method)
      for (index, pool) in [nil, ThreadPool(threads: 2), ThreadPool(threads: 3)].enumerated() {
        var other = examples
        // Another order of adding, and other ids for the clips.
        other.reverse()
        other.swapAt(0, 4 + index)
        let second = try fit(
          world, other.map { Example(row: $0.row, label: $0.label, clip: $0.clip ^ 0x55) }, method, pool: pool
        )
        let same = (0..<world.labelCount * world.size).allSatisfy {
          first.weights[$0].bitPattern == second.weights[$0].bitPattern
        }
        #expect(same, "\(method), pool \(index)")
      }
    }
  }

  /// Between two clips there is one score of a wrong label, which does not spread.
  @Test func twoClipsOfTwoLabelsLeaveWordsTheirWeight() throws {
    for labels in [2, 5] {
      var world = try World(labels: labels, size: 32)
      for method in [FitMethod.prototypes, .ridge] {
        let taught = try fit(world, world.clips([0, 1], each: 1), method)
        let mixture = try #require(taught.mixture)
        #expect(mixture.clips < 1000 && mixture.text > 0.1, "\(method), \(labels) labels")
      }
    }
  }

  /// Two clips share a view, and other ids exchange them.
  @Test func clipsThatShareAViewAreInTheSameOrderUnderAnyIds() throws {
    var world = try World(labels: 5, size: 24)
    let views = world.clips([0], each: 3).map(\.row)
    func examples(_ ids: [Int64]) -> [Example] {
      [(0, 0), (1, 0), (0, 1), (2, 1)].map { Example(row: views[$0.0], label: 0, clip: ids[$0.1]) }
        + others
    }
    let others = world.clips([1, 2], each: 6)
    let (one, other) = (
      try fit(world, examples([1, 2]), .softmax), try fit(world, examples([2, 1]), .softmax)
    )
    let same = (0..<5 * 24).allSatisfy { one.weights[$0].bitPattern == other.weights[$0].bitPattern }
    #expect(same)
  }

  @Test func oneLabelMayHaveAllExamples() throws {
    for meaningless in [Set<Int>(), [0]] {
      var world = try World(labels: 5, size: 32, meaningless: meaningless)
      for each in [1, 3] {
        let examples = world.clips([0], each: each)
        for method in methods {
          let taught = try fit(world, examples, method)
          let isFinite = taught.weights.buffer.allSatisfy { $0.isFinite }
          #expect(isFinite, "\(method)")
        }
      }
    }
  }
}

/// One more clip, as an update of what was fitted.
@Suite struct AddingTests {
  @Test(arguments: [FitMethod.prototypes, .ridge])
  func anUpdateIsTheFitWithTheClip(method: FitMethod) throws {
    var world = try World(labels: 6, size: 32)
    let examples = world.clips([0, 1, 2], each: 3)
    // A clip of a label that has examples, and the first clip of one that has none.
    for extra in [world.clips([1], each: 1)[0], world.clips([4], each: 1)[0]] {
      var options = FitOptions()
      options.method = method
      (options.textWeight, options.clipWeight, options.offset, options.ridge) = (0.5, 8, -1, 0.3)
      func fit(_ examples: [Example]) throws -> AdaptedClassifier {
        try AdaptedClassifier.fit(
          support(examples), texts: world.texts, labelCount: world.labelCount, scale: 20, options)
      }
      let updated = try fit(examples).adding(row: extra.row, label: extra.label)
      let (found, expected) = (try #require(updated), try fit(examples + [extra]))
      let ratio = Float(found.temperature / expected.temperature)
      for i in 0..<world.labelCount * world.size {
        #expect(abs(found.weights[i] - ratio * expected.weights[i]) < 1e-4)
      }
      for label in 0..<world.labelCount {
        #expect(abs(found.offsets[label] - ratio * expected.offsets[label]) < 1e-4)
      }
    }
  }

  @Test(arguments: [FitMethod.words, .softmax])
  func othersAreFittedAgain(method: FitMethod) throws {
    var world = try World(labels: 3, size: 16)
    let examples = world.clips([0, 1], each: 2)
    var options = FitOptions()
    options.method = method
    let fitted = try AdaptedClassifier.fit(
      support(examples), texts: world.texts, labelCount: 3, scale: 20, options)
    #expect(try fitted.adding(row: examples[0].row, label: 0) == nil)
  }
}
