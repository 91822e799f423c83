import System

extension FitReport {
  /// Why the method is used, in one sentence for people: what left-out clips lose with each method, which is the mean of
  /// -log p(label), in nats.
  public var reason: String {
    let name = chosen.method.name
    guard chosen.right.of > 0 else {
      let why = "no label has two clips, so none can be left out to choose by"
      return isAutomatic ? "\(name): \(why)" : "\(name), as asked: \(why)"
    }
    if isAutomatic, 2 * singleClips > clips.count {
      return "\(name): too few clips have another one of their label to choose by those"
    }
    if isAutomatic, labels.count == 1 {
      return "\(name): one label has all clips, and leaving them out cannot tell what else is taken for it"
    }
    let others = trials.filter { $0.method != chosen.method }
    let losses = others.map { "\($0.method.name) \(decimal($0.loss))\(objection(to: $0))" }
    return "\(name)\(isAutomatic ? "" : ", as asked"): left-out clips lose \(decimal(chosen.loss)) nats"
      + losses.map { ", \($0)" }.joined()
  }

  /// Why a method with a smaller loss was not chosen.
  private func objection(to trial: FitTrial) -> String {
    guard isAutomatic, trial.loss < chosen.loss else { return "" }
    if trial.right.hits < words.right.hits { return " (but fewer are right)" }
    if trial.rightByWords.hits < chosen.rightByWords.hits { return " (but labels without examples suffer)" }
    return " (not clearly less)"
  }
}
