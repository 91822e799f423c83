import Glibc
import System

/// Weights of templates by expectation maximisation. A score is a mixture, p(y|x) = sum_p w_p π_p(y|x), so the
/// likelihood of labelled videos is concave in the weights w: each step raises the objective, and no step size is needed.
///
///     w_p <- (s n z_p + sum_i r_ip) / (n + s n),   r_ip = w_p π_p(y_i|x_i) / sum_q w_q π_q(y_i|x_i)
///
/// n is the number of videos. The prior is a Dirichlet distribution around the weights z, as strong as s n videos.
public struct PromptsMixture: ~Copyable {
  /// The weights after the latest step, which sum to 1. [templates]
  public private(set) var weights = GrowingArray<Double>()
  private let prior: UnsafePointer<Double>
  private let strength: Double
  /// Sums of one step, [templates].
  private var sums = GrowingArray<Double>()

  /// Begins with the weights `prior` [templates], which the caller keeps for as long as this value.
  public init(prior: UnsafePointer<Double>, templates: Int, strength: Double) throws(Failure) {
    (self.prior, self.strength) = (prior, strength)
    weights = try GrowingArray(uninitialized: templates)
    weights.base.update(from: prior, count: templates)
    sums = try GrowingArray(uninitialized: templates)
  }

  /// Takes one step with the probabilities π of the right labels, [videos, templates], and returns the objective before
  /// it: the sum over videos of the log-likelihood, and the log of the prior. Videos for which `isLeftOut` says so do
  /// not count.
  public mutating func step(
    _ likelihoods: UnsafePointer<Double>, videos: Int, isLeftOut: (Int) -> Bool = { _ in false }
  ) -> Double {
    let templates = weights.count
    let (w, sum) = (weights.base, sums.base)
    for p in 0..<templates { sum[p] = 0 }
    var objective = 0.0
    var counted = 0.0
    for video in 0..<videos where !isLeftOut(video) {
      let row = likelihoods + video * templates
      var total = 0.0
      for p in 0..<templates { total += w[p] * row[p] }
      total = max(total, .leastNormalMagnitude)
      for p in 0..<templates { sum[p] += row[p] / total }
      objective += log(total)
      counted += 1
    }
    let mass = strength * counted
    for p in 0..<templates where prior[p] > 0 {
      if mass > 0 { objective += mass * prior[p] * log(w[p]) }
      if counted > 0 { w[p] = (mass * prior[p] + w[p] * sum[p]) / (counted + mass) }
    }
    return objective
  }

  /// Takes steps until the objective gains less than 1e-8 for each video, at most 500.
  public mutating func run(
    _ likelihoods: UnsafePointer<Double>, videos: Int, isLeftOut: (Int) -> Bool = { _ in false }
  ) throws(Failure) {
    var before = -Double.infinity
    for _ in 0..<500 {
      try checkCancelled()
      let objective = step(likelihoods, videos: videos, isLeftOut: isLeftOut)
      if objective - before < 1e-8 * Double(videos) { break }
      before = objective
    }
  }
}
