import Numerics
import System

/// Candidates with their estimates, and the one to use.
struct Selection {
  let rows: OrderedRows
  let texts: TextCosines
  let words: (candidate: Candidate, estimate: LeftOutEstimate)
  let chosen: (candidate: Candidate, estimate: LeftOutEstimate)
  /// The candidates that were tried, the words first.
  let trials: [FitTrial]

  /// The largest rows · labels · E for which `automatic` tries softmax regression: beyond it, folds take longer than
  /// all of the rest.
  static let softmaxLimit = 1 << 22

  /// Fits the method that the options name. `automatic` goes by the loss of what was left out, among methods that get no
  /// fewer left-out clips right than words alone do: prototypes instead of words where it is smaller, ridge and then
  /// softmax regression where it is smaller by more than its standard error and no more clips with their label left out,
  /// which stand for labels without examples, are lost. Ridge and softmax regression are tried only where at least as many
  /// labels have examples as have none: a few labels left out cannot stand for many. Where less than half of the clips
  /// have another clip of their label, or one label has all of them, the loss says little, and prototypes are taken.
  init(
    _ support: Support, texts: DenseMatrix, scale: Double, _ options: FitOptions, pool: ThreadPool?
  ) throws(Failure) {
    let rows = try OrderedRows(support)
    let cosines = try TextCosines(rows, texts: texts, scale: scale, pool: pool)
    var trials: [FitTrial] = []
    func judged(
      _ candidate: Candidate
    ) throws(Failure) -> (candidate: Candidate, estimate: LeftOutEstimate) {
      let estimate = try LeftOutEstimate(candidate, rows, cosines, pool: pool)
      trials.append(FitTrial(candidate, estimate, clips: rows.clipCount))
      return (candidate, estimate)
    }
    self.rows = rows
    self.texts = cosines
    words = try judged(.words(rows, cosines))
    switch options.method {
    case .words: chosen = words
    case .prototypes: chosen = try judged(.prototypes(rows, cosines, options, pool: pool))
    case .ridge: chosen = try judged(.ridge(rows, cosines, options, pool: pool))
    case .softmax: chosen = try judged(.softmax(rows, cosines, options, pool: pool))
    case .automatic:
      let prototypes = try judged(.prototypes(rows, cosines, options, pool: pool))
      // Labels left out stand for those without examples, but cannot stand for many.
      let othersAreFew = cosines.labelCount - rows.labelCount <= rows.labelCount
      let canJudge = words.estimate.clips >= 0.5 * Double(rows.clipCount)
      if !canJudge || rows.labelCount == 1 {
        chosen = prototypes
        self.trials = trials
        return
      }
      let right = words.estimate.right
      var best = words
      if prototypes.estimate.clipLoss < best.estimate.clipLoss, prototypes.estimate.right >= right {
        best = prototypes
      }
      var others: [(candidate: Candidate, estimate: LeftOutEstimate)] = []
      if othersAreFew { others.append(try judged(.ridge(rows, cosines, options, pool: pool))) }
      if othersAreFew, rows.count * rows.labelCount <= Selection.softmaxLimit / rows.embeddingSize {
        others.append(try judged(.softmax(rows, cosines, options, pool: pool)))
      }
      for next in others
      where next.estimate.right >= right && next.estimate.rightByWords >= best.estimate.rightByWords
        && next.estimate.isClearlyBelow(best.estimate, rows)
      { best = next }
      chosen = best
    }
    self.trials = trials
  }
}
