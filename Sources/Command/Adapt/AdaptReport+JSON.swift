import CActionCLIP

/// The report as JSON.
extension AdaptReport {
  var json: JSONValue {
    func label(_ place: Int32) -> JSONValue { .string(labels[Int(place)]) }
    return [
      "title": .string(title), "method": .string(FitMethod.name(of: fit.chosen.method)),
      "reason": .string(fit.reason), "words": object(fit.words), "chosen": object(fit.chosen),
      "tried": .array(fit.trials.map(object)), "all_labels": .int(Int64(labels.count)),
      "labels": .array(
        fit.labels.map {
          [
            "label": label($0.label), "is_new": .bool(isNew($0)),
            "close_to": near($0).map { .string($0) } ?? .null, "clips": .int(Int64($0.clips)),
            "left_out": .double($0.judged),
            "right": .double($0.right), "right_by_words": .double($0.right_by_words),
            "mean_probability": $0.judged > 0 ? .double($0.mean_probability) : .null,
          ]
        }),
      "clips": .array(fit.clips.map(object)),
      "confusions": .array(
        fit.confusions.map {
          ["labels": .array([label($0.first), label($0.second)]), "clips": .double($0.clips)]
        }),
      "reject_threshold": .double(fit.info.reject_threshold),
      "known_accepted": share(fit.info.accepted, fit.info.known),
      "unknown_rejected": share(fit.info.rejected, fit.info.unknown),
      "written": written.map { .string($0.shown) } ?? .null, "notes": notes.json,
      "failures": .array(
        clips.failures.map {
          .object($0.row.members(numbering) + [.init(key: "error", value: .string($0.error))])
        }),
    ]
  }

  private func object(_ trial: actionclip_trial_report) -> JSONValue {
    [
      "method": .string(FitMethod.name(of: trial.method)), "left_out": .double(trial.clips),
      "top1": share(trial.right, trial.clips),
      "low": trial.clips > 0 ? .double(trial.right_low) : .null,
      "high": trial.clips > 0 ? .double(trial.right_high) : .null,
      "top5": share(trial.among_five, trial.clips), "loss": .double(trial.loss),
      "top1_of_labels_left_out": share(trial.right_by_words, trial.word_clips),
    ]
  }

  private func share(_ hits: Double, _ of: Double) -> JSONValue { of > 0 ? .double(hits / of) : .null }

  private func object(_ clip: actionclip_clip_report) -> JSONValue {
    let known =
      clips.row(of: clip.clip_id)?.members(numbering) ?? [.init(key: "earlier", value: .int(clip.clip_id))]
    let isJudged = clip.best >= 0
    let said: [(String, JSONValue)] = [
      ("label", .string(labels[Int(clip.label)])),
      ("best", isJudged ? .string(labels[Int(clip.best)]) : .null),
      ("best_by_words", .string(labels[Int(clip.best_by_words)])),
      ("probability", isJudged ? .double(clip.probability) : .null),
      ("suspect", .bool(clip.is_suspect != 0)),
      ("duplicate_of", clip.has_duplicate != 0 ? .string(shown(clip.duplicate_id)) : .null),
    ]
    return .object(known + said.map { .init(key: $0.0, value: $0.1) })
  }
}
