import Glibc
import Model
import Numerics
import System
import TensorNames

/// AdamW over a model's trained parameters, with what a recipe does before and after a step.
public final class Optimiser {
  /// One parameter's memory between steps.
  struct Moments {
    let mean, square: FloatBuffer
    /// The numbers before training, where the recipe pulls towards them.
    let base: FloatBuffer?
    /// The exponential mean of the numbers, where the recipe keeps it.
    let average: FloatBuffer?
    /// The rate, as a multiple of the encoders'.
    let rateFactor: Double
    let decays, roundsToHalf: Bool
  }

  public let recipe: Recipe
  private let model: TrainableModel
  let moments: [Moments]  // of each parameter
  /// Steps done.
  public private(set) var steps = 0

  public init(_ model: TrainableModel, _ recipe: Recipe) throws(Failure) {
    self.model = model
    self.recipe = recipe
    var moments: [Moments] = []
    for parameter in model.parameters {
      try checkCancelled()
      let (count, name) = (parameter.value.count, parameter.name)
      // Context vectors are embeddings: decay would shorten them.
      let isMatrix = parameter.shape.count > 1 && name != TensorNames.Text.context
      moments.append(
        Moments(
          mean: try FloatBuffer(count: count), square: try FloatBuffer(count: count),
          base: recipe.anchor > 0 ? try Optimiser.copy(parameter.value) : nil,
          average: recipe.meanDecay > 0 ? try Optimiser.copy(parameter.value) : nil,
          rateFactor: Optimiser.rateFactor(name, recipe), decays: recipe.decaysVectors || isMatrix,
          roundsToHalf: recipe.roundsToHalf && HalfRounding.applies(to: name)))
    }
    self.moments = moments
  }

  private static func copy(_ numbers: FloatBuffer) throws(Failure) -> FloatBuffer {
    let copy = try FloatBuffer(count: numbers.count)
    copy.base.update(from: numbers.base, count: numbers.count)
    return copy
  }

  private static func rateFactor(_ name: String, _ recipe: Recipe) -> Double {
    if name == TensorNames.Text.context { return recipe.contextRateFactor }
    return name.hasPrefix(TensorNames.Head.prefix) ? recipe.headRateFactor : 1
  }

  /// The rate and the gradient of a step.
  public struct Report: Sendable, Equatable {
    /// The encoders' rate.
    public let rate: Double
    /// The norm of all gradients together, before it was limited.
    public let gradientNorm: Double
  }

  /// A larger norm of gradients would make their squares overflow.
  private static let largestNorm = 1e18

  /// True once a step has made a parameter that is not finite: there is nothing to go on from then.
  private var isOverflowed = false

  /// Throws if a step has made a parameter that is not finite.
  func checkParameters() throws(Failure) {
    guard isOverflowed else { return }
    throw Failure(
      .notFinite,
      "training diverged at step \(steps): its weights overflow; go on from a state that was saved before, or begin "
        + "anew with a smaller rate")
  }

  /// Changes the parameters by their gradients. `factor` is the schedule's. It fails, and changes no parameter, where
  /// gradients overflow; parameters that overflow make it fail, too, and every call after it.
  @discardableResult
  public func step(factor: Double) throws(Failure) -> Report {
    if recipe.anchor > 0 { addAnchors() }
    let norm = try gradientNorm()
    guard norm.isFinite, recipe.clipNorm != nil || norm < Optimiser.largestNorm else {
      throw Failure(
        .notFinite, "training diverged at step \(steps + 1): its gradients overflow fp32")
    }
    let scale = recipe.clipNorm.flatMap { norm > $0 ? Float($0 / (norm + 1e-6)) : nil } ?? 1
    steps += 1
    for (parameter, own) in zip(model.parameters, moments) {
      let rate = recipe.rate * factor * own.rateFactor
      let isFinite = AdamWStep(
        number: steps, rate: rate, weightDecay: own.decays ? recipe.weightDecay : 0,
        beta1: recipe.beta1, beta2: recipe.beta2, epsilon: recipe.epsilon, scale: scale
      ).apply(
        parameter.value, gradient: parameter.gradient, mean: own.mean, square: own.square,
        kernels: model.model.kernels, pool: model.model.pool)
      if !isFinite { isOverflowed = true }
      if own.roundsToHalf {
        HalfRounding.round(parameter.value, pool: model.model.pool)
        // Numbers that fp16 does not hold are infinite now.
        if !parameter.value.isFinite { isOverflowed = true }
      }
      if parameter.name == TensorNames.logitScale, let limit = recipe.scaleLimit {
        parameter.value.base[0] = min(parameter.value.base[0], Float(log(limit)))
      }
    }
    try checkParameters()
    if recipe.meanDecay > 0 { moveAverages() }
    model.publish()
    return Report(rate: recipe.rate * factor, gradientNorm: norm)
  }

  /// Goes on after so many steps.
  func resume(at steps: Int) { self.steps = steps }

  private func addAnchors() {
    let factor = Float(2 * recipe.anchor)
    for (parameter, own) in zip(model.parameters, moments) {
      guard let base = own.base else { continue }
      let (value, gradient, before) = (parameter.value.base, parameter.gradient.base, base.base)
      forEachShare(base.count) { range in
        for i in range { gradient[i] += factor * (value[i] - before[i]) }
      }
    }
  }

  private func moveAverages() {
    let share = Float(1 - recipe.meanDecay)
    for (parameter, own) in zip(model.parameters, moments) {
      guard let average = own.average else { continue }
      let (value, mean) = (parameter.value.base, average.base)
      forEachShare(average.count) { range in for i in range { mean[i] += share * (value[i] - mean[i]) } }
    }
  }

  /// Shares' sums are taken in double, and added in order.
  private func gradientNorm() throws(Failure) -> Double {
    var squares = 0.0
    for parameter in model.parameters {
      let (gradient, count) = (parameter.gradient.base, parameter.gradient.count)
      let sums = try GrowingArray<Double>(
        repeating: 0, count: (count + Optimiser.share - 1) / Optimiser.share)
      let base = sums.base
      forEachShare(count) { range in
        var sum = 0.0
        for i in range { sum += Double(gradient[i]) * Double(gradient[i]) }
        base[range.lowerBound / Optimiser.share] = sum
      }
      for share in 0..<sums.count { squares += sums[share] }
    }
    return squares.squareRoot()
  }

  private static let share = 1 << 16

  private func forEachShare(_ count: Int, _ body: (Range<Int>) -> Void) {
    let share = Optimiser.share
    model.model.pool.run(count: (count + share - 1) / share) { index, _ in
      body(index * share..<min(count, (index + 1) * share))
    }
  }
}
