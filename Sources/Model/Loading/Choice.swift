import System

/// An option of the model, chosen by the file's metadata or else by the caller.
struct Choice<Value: Equatable> {
  let value: Value?
  /// The metadata's key and value, if the file chose.
  private let declared: String?

  var isDeclared: Bool { declared != nil }

  init(
    _ name: String, asked: Value?, declared: Value?, by configuration: String? = nil,
    shown: (Value) -> String
  ) throws(Failure) {
    if let asked, let declared, asked != declared {
      throw Failure(
        .optionConflict,
        "\(name) \(shown(asked)) was asked for, but "
          + (configuration.map { "\($0) says \(shown(declared))" }
            ?? "the file says \(shown(declared)) ('actionclip.\(name)')"))
    }
    value = declared ?? asked
    self.declared = declared.map { "'actionclip.\(name)' is \(shown($0))" }
  }

  /// The error for a choice that the tensors contradict. `asked` words the caller's choice, which is a conflict of
  /// options; a choice of the file's makes the file invalid. `found` words the tensors' side.
  func contradiction(_ asked: String, _ found: String) -> Failure {
    guard let declared else { return Failure(.optionConflict, "\(asked), but \(found)") }
    return Failure(.invalid, "\(declared), but \(found)")
  }
}
