import Numerics
import System

/// The report of a fit: what was chosen and why, how well it does on clips that it did not see, and which clips and
/// labels deserve a look. All of it is known from leaving each clip out in turn. The choices of the fit were made on the
/// same clips, so the figures flatter a little where clips are few. A report never changes, and any number of threads
/// may read it. It has the same bits for any order of adding and any number of threads.
public final class FitReport: Sendable {
  /// Whether the fit chose the method.
  public let isAutomatic: Bool
  /// The method that is used.
  public let chosen: FitTrial
  /// The words alone, as before the fit.
  public let words: FitTrial
  /// All methods that were tried, in a fixed order; the words first.
  public let trials: [FitTrial]
  /// Labels in all.
  public let labelCount: Int
  /// Labels that have examples, by their indices.
  public let labels: GrowingArray<LabelReport>
  /// All clips, by their numbers.
  public let clips: GrowingArray<ClipReport>
  /// Clips that are the only one of their label. A fit without one of them can say nothing of it, so it has no part in
  /// any share.
  public let singleClips: Int
  /// Pairs of labels of which clips were taken for each other when they were left out, the most clips first.
  public let confusions: GrowingArray<Confusion>
  /// Telling known from unknown actions with the fit, and with the words alone.
  public let openSet: OpenSet
  public let openSetOfWords: OpenSet

  /// Labels without examples. They are recognised by their words alone.
  public var labelsWithoutExamples: Int { labelCount - labels.count }

  init(
    _ selection: Selection, _ options: FitOptions, _ independent: IndependentFit, pool: ThreadPool?
  ) throws(Failure) {
    let rows = selection.rows
    isAutomatic = options.method == .automatic
    trials = selection.trials
    labelCount = selection.texts.labelCount
    func trial(_ method: FitMethod) -> FitTrial {
      // The words and the chosen method are always tried.
      selection.trials.first { $0.method == method } ?? selection.trials[0]
    }
    chosen = trial(selection.chosen.candidate.method)
    words = trial(.words)
    openSet = try OpenSet(selection.chosen, selection, options, pool: pool)
    openSetOfWords = try OpenSet(selection.words, selection, options, pool: pool)
    var findings = try ClipFindings(selection, independent)
    try findings.markDuplicates(rows)
    singleClips = findings.singleClips
    findings.sort()
    labels = findings.labels
    clips = findings.clips
    confusions = findings.confusions
  }
}
