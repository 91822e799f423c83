import System

/// The numbers by which a classifier decides, beside its logits: whether a video shows none of the labels, and which
/// labels it shows if it may show several. A fit finds them by clips that were left out. They never change.
public final class DecisionRules: Sendable {
  /// A video whose largest probability is below this shows none of the labels. 0: every video shows one.
  public let rejectThreshold: Double
  /// A video whose largest probability exceeds the second largest by less than this shows none of the labels.
  public let rejectMargin: Double
  /// A label's independent probability is sigmoid(slope · logit + intercept).
  public let slope: Double
  public let intercept: Double
  /// The independent probability from which on a video shows a label. [C]
  public let thresholds: GrowingArray<Double>

  init(_ openSet: OpenSet, _ independent: IndependentFit) throws(Failure) {
    (rejectThreshold, rejectMargin) = (openSet.probability.threshold, openSet.margin.threshold)
    (slope, intercept) = (independent.slope, independent.intercept)
    thresholds = try GrowingArray(copying: independent.thresholds.view)
  }

  /// The rules from numbers of a file, as `append` writes them; nil unless they are [4 + labels] and in range.
  init?(_ saved: UnsafeBufferPointer<Double>, labelCount: Int) throws(Failure) {
    func isShare(_ number: Double) -> Bool { number >= 0 && number <= 1 }
    guard saved.count == SavedFit.ruleCount(labels: labelCount), isShare(saved[0]), isShare(saved[1]),
      abs(saved[2]) < 1e30,
      abs(saved[3]) < 1e30, saved[4...].allSatisfy(isShare)
    else { return nil }
    (rejectThreshold, rejectMargin, slope, intercept) = (saved[0], saved[1], saved[2], saved[3])
    thresholds = try GrowingArray(copying: UnsafeBufferPointer(rebasing: saved[4...]))
  }

  /// Appends the numbers for a file.
  func append(to saved: inout GrowingArray<Double>) throws(Failure) {
    for number in [rejectThreshold, rejectMargin, slope, intercept] { try saved.append(number) }
    try saved.append(contentsOf: thresholds.view)
  }
}

extension GrowingArray {
  fileprivate init(copying elements: UnsafeBufferPointer<Element>) throws(Failure) {
    self.init()
    try append(contentsOf: elements)
  }
}
