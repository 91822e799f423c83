import CActionCLIP

/// Notes for the user about the model: assumed properties, and labels that it never learned.
struct ModelNotes {
  let texts: [String]

  /// - Parameters:
  ///   - labels: the labels that are scored by their words.
  ///   - count: the number of all labels where probabilities among them are told; nil elsewhere.
  init(_ model: Model, labels: [String], of count: Int? = nil) throws {
    texts =
      ModelNotes.assumptions(of: model) + (try ModelNotes.unlearned(labels, model))
      + (count.map(ModelNotes.alone) ?? [])
  }

  /// Writes the notes to standard error.
  func tell() {
    for text in texts { Diagnostics.warning(text) }
  }

  var json: JSONValue { .array(texts.map { .string($0) }) }

  private static func assumptions(of model: Model) -> [String] {
    let others = model.assumptions.map { "assumed of the model: \($0)" }
    guard model.info.activation_assumed != 0 else { return others }
    let name = EncoderActivation.name(of: model.info.activation)
    return [
      "the model's file does not tell its activation: \(name) is assumed, and with the wrong one labels rank worse; "
        + "say --activation quickgelu (OpenAI's) or gelu (open_clip's from LAION and DataComp)"
    ] + others.dropFirst()  // the library's own line about it
  }

  /// A note for a list of one label, whose probability says nothing.
  static func alone(_ count: Int) -> [String] {
    count == 1
      ? ["the only label always has 100 %, whatever is seen: give the labels that it could be taken for too"]
      : []
  }

  /// One note for all labels that the model never learned.
  static func unlearned(_ labels: [String], _ model: Model) throws -> [String] {
    guard try model.labelNote(nil) != nil else { return [] }
    let notes = try labels.compactMap { try model.labelNote($0) }
    guard let first = notes.first else { return [] }
    return [notes.count > 1 ? "\(first) (and \(notes.count - 1) more of \(labels.count) labels)" : first]
  }
}
