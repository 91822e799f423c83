import CActionCLIP

/// The result of `tune`: what was learned from which clips, and how often the model is right before and after.
struct TuneReport {
  /// The scores of some clips, before training and after.
  struct Comparison {
    let clips: MeasuredClips
    let before: [Scored]
    let after: [Scored]

    /// Nil if either was not measured.
    init?(_ clips: MeasuredClips?, before: [Scored]?, after: [Scored]?) {
      guard let clips, let before, let after else { return nil }
      (self.clips, self.before, self.after) = (clips, before, after)
    }

    struct Label {
      let name: String
      let clips, before, after: Int
    }

    /// The labels that clips show, with the clips whose best label they are, the largest loss first, then the largest gain.
    var labels: [Label] {
      let count = clips.classes.count
      var found = [(clips: Int, before: Int, after: Int)](repeating: (0, 0, 0), count: count)
      for (before, after) in zip(before, after) {
        for label in before.classes {
          found[label].clips += 1
          if Comparison.isRight(before) { found[label].before += 1 }
          if Comparison.isRight(after) { found[label].after += 1 }
        }
      }
      let shown = found.indices.filter { found[$0].clips > 0 }
      func key(_ place: Int) -> (Int, Int, Int) {
        let gain = found[place].after - found[place].before
        return (gain < 0 ? 0 : 1, gain < 0 ? gain : -gain, place)
      }
      return shown.sorted { key($0) < key($1) }.map {
        Label(
          name: clips.classes.labels[$0], clips: found[$0].clips, before: found[$0].before,
          after: found[$0].after)
      }
    }

    /// Clips that are right before and wrong after, and then the reverse.
    var changed: [(place: Int, isLost: Bool)] {
      let places = before.indices.filter { Comparison.isRight(before[$0]) != Comparison.isRight(after[$0]) }
      let all = places.map { (place: $0, isLost: Comparison.isRight(before[$0])) }
      return all.filter(\.isLost) + all.filter { !$0.isLost }
    }

    private static func isRight(_ scored: Scored) -> Bool {
      scored.classes.contains { scored.rank(of: $0) == 0 }
    }

    /// The best label.
    func best(_ scored: Scored) -> String { scored.best(1).first.map { clips.classes.labels[$0] } ?? "-" }

    func shownLabels(_ scored: Scored) -> String {
      scored.classes.map { clips.classes.labels[$0] }.joined(separator: ", ")
    }
  }

  /// Accuracies at one share of the tuned weights.
  struct Mixture {
    let alpha: Double
    let heldOut, oldWords: Accuracy?
  }

  let title: String
  /// Names and values of what was trained, and how, as the reports state them.
  let setting: [(name: String, value: String)]
  let alpha: Double
  let steps: [TuningLog.Step]
  let points: [TuningLog.Point]
  let stepsPerEpoch: Int64
  let heldOut, oldWords: Comparison?
  let sweep: [Mixture]
  let newLabels: [TuneLists.NewLabel]
  /// Why something could not be measured, and what would help.
  let cautions: [String]
  let failures: [EvalReport.Failure]
  let numbering: VideoList.Numbering
  let written: FilePath
  let notes: ModelNotes

  var comparisons: [Comparison] { [heldOut, oldWords].compactMap { $0 } }

  /// The command that uses the model next.
  var nextCommand: String {
    "actionclip classify --model '\(written.shown.replacing("'", with: "'\\''"))' VIDEO"
  }

  /// Names and accuracies of all clips that were measured, before and after.
  var figures: [(name: String, value: String)] {
    comparisons.flatMap { comparison in
      let (before, after) = (Accuracy(comparison.before), Accuracy(comparison.after))
      let name = comparison.clips.name
      return [
        ("\(name), top-1 before", before.top1.shown), ("\(name), top-1 after", after.top1.shown),
        ("\(name), top-5 before", before.top5.shown), ("\(name), top-5 after", after.top5.shown),
      ]
    }
  }
}
