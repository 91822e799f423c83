import System
import Text

/// Everything besides the recipe that a saved state must find again, so that training goes on as if it had never
/// stopped.
public struct TunerIdentity: Sendable {
  /// An option and its value, as a state keeps and errors show them.
  public struct Option: Sendable, Equatable {
    public let name, value: String

    public init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
    public init(_ name: String, _ value: Double) { self.init(name, value.description) }
    public init(_ name: String, _ value: Int) { self.init(name, value.description) }
    public init(_ name: String, _ isOn: Bool) { self.init(name, isOn ? "on" : "off") }
  }

  /// The options that steps depend on. Their names are those of the C interface, where it has them.
  public var options: [Option]
  /// Lines that tell models, lists of labels and texts, and lists of clips apart, such as hashes.
  public var model, texts, clips: String

  public init(options: [Option] = [], model: String, texts: String = "", clips: String = "") {
    (self.options, self.model, self.texts, self.clips) = (options, model, texts, clips)
  }
}

/// A state's metadata.
extension TunerIdentity {
  private static let (model, texts, clips) = (
    "actionclip.tuner.model", "actionclip.tuner.texts", "actionclip.tuner.clips"
  )
  private static let prefix = "actionclip.tuner.option."

  /// Adds the identity and the recipe to a state's metadata.
  func add(_ recipe: Recipe, to metadata: TextPairs) throws(Failure) {
    for (key, value) in [
      (TunerIdentity.model, model), (TunerIdentity.texts, texts), (TunerIdentity.clips, clips),
    ] {
      try metadata.append(key, value)
    }
    for option in recipe.options + options {
      try metadata.append(TunerIdentity.prefix + option.name, option.value)
    }
  }

  /// Throws if a state with this metadata was begun otherwise, and says in what.
  func check(_ recipe: Recipe, against metadata: TextPairs) throws(Failure) {
    func text(_ key: String) -> String? {
      metadata.index(of: key.utf8).map { String(decoding: metadata.value($0), as: UTF8.self) }
    }
    for option in recipe.options + options {
      guard let found = text(TunerIdentity.prefix + option.name) else {
        throw .invalid("is not the state of a tuner of this version: it does not say its \(option.name)")
      }
      guard found == option.value else {
        throw Failure(
          .optionConflict,
          "is the state of a tuner whose \(option.name) is \(printable(found.utf8, limit: 64)), and this one's is "
            + "\(option.value); a state goes on with the options that it was begun with")
      }
    }
    for (key, own, what) in [
      (TunerIdentity.model, model, "another model"), (TunerIdentity.texts, texts, "other labels or texts"),
      (TunerIdentity.clips, clips, "other clips"),
    ] where text(key) != own {
      throw Failure(
        .optionConflict,
        "is the state of a tuner of \(what); a state goes on with the model, the texts and the clips that it was begun "
          + "with")
    }
  }
}

extension Recipe {
  /// Everything that the next step depends on. The preset comes first: it explains most.
  var options: [TunerIdentity.Option] {
    func limit(_ number: Double?) -> String { number?.description ?? "none" }
    return [
      .init("recipe", preset), .init("loss", loss == .multiPositive ? "multi_positive" : "cross_entropy"),
      .init("epochs", epochs), .init("warm_up_epochs", warmUpEpochs), .init("rate", rate),
      .init("head_rate_factor", headRateFactor), .init("context_rate_factor", contextRateFactor),
      .init("weight_decay", weightDecay), .init("beta1", beta1), .init("beta2", beta2),
      .init("epsilon", epsilon), .init("decay of vectors", decaysVectors),
      .init("limit of gradients", limit(clipNorm)), .init("limit of the scale", limit(scaleLimit)),
      .init("anchor", anchor), .init("mean_decay", meanDecay), .init("head_dropout", headDropout),
      .init("rounding to fp16", roundsToHalf), .init("steps a rate", scheduleInterval),
    ]
  }
}
