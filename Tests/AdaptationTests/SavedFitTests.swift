import Numerics
import System
import Testing

@testable import Adaptation

/// A fit's numbers make the same classifier again, and damaged ones are refused.
@Suite struct SavedFitTests {
  private func fitted(_ method: FitMethod) throws -> (World, [Example], AdaptedClassifier) {
    var world = try World(labels: 5, size: 16)
    let examples = world.clips([0, 1, 3], each: 3)
    var options = FitOptions()
    options.method = method
    let classifier = try AdaptedClassifier.fit(
      support(examples), texts: world.texts, labelCount: 5, scale: 20, options)
    return (world, examples, classifier)
  }

  @Test(arguments: [FitMethod.words, .prototypes, .ridge, .softmax])
  func theSameClassifierAgain(method: FitMethod) throws {
    let (world, examples, first) = try fitted(method)
    let second = try AdaptedClassifier(first.saved(), texts: world.texts, labelCount: 5, embeddingSize: 16)
    for i in 0..<5 * 16 { #expect(first.weights[i].bitPattern == second.weights[i].bitPattern) }
    for i in 0..<5 { #expect(first.offsets[i].bitPattern == second.offsets[i].bitPattern) }
    #expect(list(first.rules.thresholds) == list(second.rules.thresholds))
    let (rules, again) = (first.rules, second.rules)
    #expect(rules.rejectThreshold == again.rejectThreshold && rules.rejectMargin == again.rejectMargin)
    #expect(rules.slope == again.slope && rules.intercept == again.intercept)
    let (one, other) = (
      try first.adding(row: examples[0].row, label: 2), try second.adding(row: examples[0].row, label: 2)
    )
    #expect((one == nil) == (other == nil))
    guard let one, let other else { return }
    for i in 0..<5 * 16 { #expect(one.weights[i].bitPattern == other.weights[i].bitPattern) }
  }

  @Test func damagedNumbersAreRefused() throws {
    let (world, _, classifier) = try fitted(.ridge)
    let damages: [(inout SavedFit) throws -> Void] = [
      { $0.method = .prototypes }, { $0.method = .automatic }, { $0.method = .words }, { $0.mixture = nil },
      { $0.ridge = nil }, { $0.ridge = -1 }, { $0.temperature = .nan }, { $0.temperature = 0 },
      { $0.scale = .infinity }, { $0.labels[1] = 5 }, { $0.labels[1] = -1 }, { $0.labels[1] = 0 },
      { $0.weights[3] = .nan }, { $0.weights[3] = 1e300 }, { $0.offsets[0] = .infinity }, { $0.sums[0] = 0 },
      { $0.sums[2] = -1 }, { try $0.sums.append(1) }, { try $0.labels.append(4) },
      { $0.rules[0] = -0.1 }, { $0.rules[1] = .nan }, { $0.rules[2] = .infinity }, { $0.rules[5] = 2 },
      { try $0.rules.append(0) }, { $0.rules.removeLast() },
    ]
    for damage in damages {
      var saved = try classifier.saved()
      try damage(&saved)
      var refusal: Failure?
      do {
        _ = try AdaptedClassifier(saved, texts: world.texts, labelCount: 5, embeddingSize: 16)
      } catch { refusal = error }
      #expect(refusal?.kind == .invalid)
    }
  }
}
