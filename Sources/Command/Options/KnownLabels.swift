import ArgumentParser

/// The labels that a list's are added to, where a command learns from the list: those of a file, or the model's own.
struct KnownLabels: ParsableArguments {
  @Flag(help: "Know the list's labels alone.")
  var onlyListed = false

  /// Throws if a file of labels is given where the list's labels alone are meant.
  func check(_ labels: FilePath?) throws {
    if onlyListed, labels != nil { throw ValidationError("Give --labels or --only-listed, not both.") }
  }

  /// The known labels; nil: there are none besides the list's.
  /// - Parameter given: the labels of the file.
  func classes(_ given: ClassList?, of model: Model) throws -> ClassList? {
    if let given { return given }
    return try onlyListed || model.labels.isEmpty ? nil : ClassList(of: model)
  }
}
