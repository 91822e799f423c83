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
    let counted = "\(TuneLists.counted(clips)), \(TuneLists.text(labels, "label"))"
    let measured =
      (lists.heldOut.isEmpty ? "none" : TuneLists.counted(lists.heldOut)) + " held out"
      + (lists.oldWords.map { ", \(TuneLists.counted($0.rows)) of old words" } ?? "")
    let trained =
      "head \(Head.name(of: start.head))\(start.isNewHead ? " from its beginning" : ""), image encoder "
      + "\(training.imagePart(head: start.head)), text encoder \(training.textPart)"
    let recipe =
      [
        training.recipe.rawValue, training.loss(showsAllLabels: lists.showAllLabels).rawValue,
        TuneLists.text(Int(training.epochs), "epoch") + " of "
          + TuneLists.text(Int(info.steps_per_epoch), "step"),
        TuneLists.text(Int(info.batch), "clip") + " a step",
        "rate " + formatted("%g", training.rate ?? TrainingOptions.usualRate),
      ].joined(separator: ", ") + TuneSetting.others(training) + ", seed \(training.seed)"
    let from = command.model?.name ?? "the default model"
    let alpha = formatted("%g", training.share)
    let new = TuneSetting.text(lists.newLabels(of: clips))
    told =
      [("clips", "\(counted) to train on; \(measured)")] + (new.map { [("new labels", $0)] } ?? []) + [
        ("trained", "\(trained): \(info.trained) numbers"), ("recipe", recipe),
      ]
    all =
      told + [
        ("alpha", alpha), ("views", "\(training.views)"),
        ("model", command.model?.shown ?? "the default model"),
        ("model's SHA-256", start.model.sha256 ?? "-"), ("list", command.list.shown),
        ("held out", command.heldOut.description), ("old words", command.oldWords?.shown ?? "-"),
        ("library", Version.library),
      ]
    notes = [
      ("tuned_from", printable(from)), ("tuned_from_sha256", start.model.sha256 ?? ""),
      ("tuned_on", "\(counted)"), ("tuned_parts", trained), ("tuned_recipe", recipe), ("tuned_alpha", alpha),
      ("tuned_by", "libactionclip \(Version.library)"),
    ]
  }

  /// New labels with their clips, those that may be misspelt first; nil where there are none.
  private static func text(_ labels: [TuneLists.NewLabel]) -> String? {
    guard !labels.isEmpty else { return nil }
    let sorted = labels.filter { $0.near != nil } + labels.filter { $0.near == nil }
    let most = 20
    let shown = sorted.prefix(most).map { label in
      "\(label.name) (\(TuneLists.text(label.clips, "clip"))"
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
