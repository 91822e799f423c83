import ArgumentParser

/// The labels to choose from.
struct LabelOptions: ParsableArguments {
  @Option(help: ArgumentHelp("A file of labels.", valueName: "path"))
  var labels: FilePath?

  @Option(help: ArgumentHelp("A label; repeat it for each.", valueName: "text"), transform: Arguments.text)
  var label: [String] = []

  func validate() throws {
    if labels != nil && !label.isEmpty { throw ValidationError("Give --labels or --label, not both.") }
    if label.contains(where: { $0.allSatisfy(\.isWhitespace) }) {
      throw ValidationError("--label must not be empty.")
    }
  }

  /// The labels that were given; empty: the model's own are meant.
  func given() throws -> [String] {
    if let labels { return try LabelList.distinct(labels) }
    try LabelList.requireDistinct(label, source: "--label")
    return label
  }

  /// The labels that were given, else those that are described, else the model's own; an error if there are none.
  /// - Parameter given: an answer of `given`; nil: it is called.
  func names(for model: Model, _ descriptions: Descriptions?, given: [String]? = nil) throws -> [String] {
    var names = try given ?? self.given()
    if names.isEmpty { names = descriptions?.labels ?? [] }
    if names.isEmpty { names = model.labels }
    guard !names.isEmpty else {
      throw CommandError("the model names no labels of its own: give --labels FILE, or --label TEXT for each")
    }
    return names
  }
}
