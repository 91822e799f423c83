import CActionCLIP

/// The setting of a run in words: the parts that are trained, the clips and the recipe.
struct TuneSetting {
  /// Names and values that are told before training.
  let told: [(name: String, value: String)]
  /// These and all else that the report has.
  let all: [(name: String, value: String)]
  /// Notes for the model's file.
  let notes: [(key: String, text: String)]

  init(
    _ command: Tune, _ start: TuneStart, _ lists: TuneLists, clips: [VideoList.Row],
    _ info: actionclip_tuner_info
  ) {
    let training = command.training
    let labels = Set(clips.flatMap(\.classes)).count
    let counted = "\(TuneLists.counted(clips)), \(numbered(labels, "label"))"
    let measured =
      (lists.heldOut.isEmpty ? "none" : TuneLists.counted(lists.heldOut)) + " held out"
      + (lists.oldWords.map { ", \(TuneLists.counted($0.rows)) of old words" } ?? "")
    let trained = TuneSetting.trained(training, start)
    let recipe =
      [
        training.recipe.rawValue, training.loss(showsAllLabels: lists.showAllLabels).rawValue,
        numbered(Int(training.epochs), "epoch") + " of "
          + numbered(Int(info.steps_per_epoch), "step"),
        numbered(Int(info.batch), "clip") + " a step",
        "rate " + formatted("%g", training.encodersRate(start.model.info)),
      ].joined(separator: ", ") + TuneSetting.others(training) + ", seed \(training.seed)"
    let from = command.listed.model?.name ?? "the default model"
    let alpha = formatted("%g", training.share)
    let new = TuneSetting.text(lists.newLabels(of: clips))
    told =
      [("clips", "\(counted) to train on; \(measured)")] + (new.map { [("new labels", $0)] } ?? []) + [
        ("trained", "\(trained.parts), \(TuneSetting.grouped(info.trained)) weights\(trained.stay)"),
        ("recipe", recipe),
      ]
    all =
      told + [
        ("alpha", alpha), ("views", "\(training.views)"),
        ("model", command.listed.modelName),
        ("model's SHA-256", start.model.sha256 ?? "-"), ("list", command.listed.list.shown),
        ("held out", command.heldOut.description), ("old words", command.oldWords?.shown ?? "-"),
        ("library", Version.library),
      ]
    notes = [
      ("tuned_from", printable(from)), ("tuned_from_sha256", start.model.sha256 ?? ""),
      ("tuned_on", "\(counted)"), ("tuned_parts", trained.parts + trained.stay), ("tuned_recipe", recipe),
      ("tuned_alpha", alpha),
      ("tuned_by", "libactionclip \(Version.library)"),
    ]
  }

  /// The parts that are trained, and the encoders that stay.
  private static func trained(_ training: TrainingOptions, _ start: TuneStart) -> (
    parts: String, stay: String
  ) {
    let parts = [("image", training.imagePart(head: start.head)), ("text", training.textPart)]
    let beginning = start.isNewHead ? ", from its beginning" : ""
    var words = ["the temporal head (\(Head.name(of: start.head))\(beginning))"]
    if start.head == Int32(ACTIONCLIP_HEAD_MEANP) { words = [] }
    for (name, part) in parts {
      switch part {
      case .nothing: break
      case .projection: words.append("the \(name) encoder's projection")
      case .last(let count):
        words.append("the \(name) encoder's projection and last \(count == 1 ? "block" : "\(count) blocks")")
      case .everything: words.append("the \(name) encoder")
      }
    }
    if training.contexts > 0 { words.append(numbered(Int(training.contexts), "context vector")) }
    let kept = parts.filter { $0.1 == .nothing }.map(\.0)
    let stay = kept.count == 2 ? "; the encoders stay" : kept.first.map { "; the \($0) encoder stays" } ?? ""
    return (words.joined(separator: ", "), stay)
  }

  /// "1,195,777".
  private static func grouped(_ number: Int64) -> String {
    let digits = Array(String(number))
    return digits.indices.map { place in
      (place > 0 && (digits.count - place).isMultiple(of: 3) ? "," : "") + String(digits[place])
    }.joined()
  }

  /// New labels with their clips, those that may be misspelt first; nil where there are none.
  private static func text(_ labels: [TuneLists.NewLabel]) -> String? {
    guard !labels.isEmpty else { return nil }
    let sorted = labels.filter { $0.near != nil } + labels.filter { $0.near == nil }
    let most = 20
    let shown = sorted.prefix(most).map { label in
      "\(label.name) (\(numbered(label.clips, "clip"))"
        + (label.near.map { "; did you mean '\($0)'?" } ?? "") + ")"
    }
    let more = sorted.count - most
    return shown.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
  }

  /// Numbers of the recipe that were given.
  private static func others(_ training: TrainingOptions) -> String {
    let given: [(String, Double?)] = [
      ("head's rate times", training.headRate), ("warm-up", training.warmUp), ("decay", training.decay),
      ("anchor", training.anchor),
      ("context vectors", training.contexts > 0 ? Double(training.contexts) : nil),
      ("their rate times", training.contextRate), ("mean's decay", training.meanDecay),
      ("head's dropout", training.headDropout),
    ]
    let drawn = [
      training.trainCompute == .fp32 ? nil : "products in \(training.trainCompute.rawValue)",
      training.augment == .none ? nil : "augmentation \(training.augment.rawValue)",
      training.augment == .none || training.mirror == .unlessSided
        ? nil : "mirror \(training.mirror.rawValue)",
      training.jitter ? "jitter" : nil,
    ].compactMap { $0 }.map { ", \($0)" }.joined()
    return drawn
      + given.compactMap { name, value in value.map { ", \(name) " + formatted("%g", $0) } }.joined()
  }
}
