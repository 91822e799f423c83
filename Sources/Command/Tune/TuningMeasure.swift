import CActionCLIP

/// Measures models on clips that are held out, and on clips of words that the model knew before.
final class TuningMeasure {
  let heldOut: MeasuredClips?
  let oldWords: MeasuredClips?
  private let templates: [String]
  /// Whether all models have the same text embeddings, as those whose text encoder is not trained.
  private let textsStay: Bool
  private var texts: [String: LabelTexts] = [:]

  /// The scores of every clip.
  struct Scores {
    let heldOut: [Scored]?
    let oldWords: [Scored]?

    var accuracy: (heldOut: Accuracy?, oldWords: Accuracy?) {
      (heldOut.map { Accuracy($0) }, oldWords.map { Accuracy($0) })
    }
  }

  /// - Parameter templates: prompts of the labels of held-out clips; empty: the model's own. Those of old words are
  ///   always the model's own.
  init(heldOut: MeasuredClips?, oldWords: MeasuredClips?, templates: [String], textsStay: Bool) {
    self.heldOut = heldOut.flatMap { $0.rows.isEmpty ? nil : $0 }
    self.oldWords = oldWords.flatMap { $0.rows.isEmpty ? nil : $0 }
    (self.templates, self.textsStay) = (templates, textsStay)
  }

  var isEmpty: Bool { heldOut == nil && oldWords == nil }

  /// Memory that the kept crops take.
  var bytes: Int64 { (heldOut?.bytes ?? 0) + (oldWords?.bytes ?? 0) }

  func scores(by model: Model) throws -> Scores {
    Scores(
      heldOut: try heldOut.map { try scores(by: model, $0, templates) },
      oldWords: try oldWords.map { try scores(by: model, $0, []) })
  }

  private func scores(by model: Model, _ clips: MeasuredClips, _ templates: [String]) throws -> [Scored] {
    let known = textsStay ? texts[clips.name] : nil
    let words = try known ?? model.encode(labels: clips.classes.labels, templates: templates)
    texts[clips.name] = words
    return try clips.scores(by: model, words)
  }
}
