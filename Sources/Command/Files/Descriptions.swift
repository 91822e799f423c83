import FoundationEssentials

/// Texts that describe labels, from a JSON file as others publish them: a text or a list of texts for each label, or
/// for each id, with or without weights.
struct Descriptions {
  struct Text: Decodable {
    let text: String
    let weight: Float

    init(from decoder: any Decoder) throws {
      if let text = try? decoder.singleValueContainer().decode(String.self) {
        (self.text, weight) = (text, 1)
        return
      }
      let members = try decoder.container(keyedBy: CodingKeys.self)
      text = try members.decode(String.self, forKey: .text)
      weight = try members.decodeIfPresent(Float.self, forKey: .weight) ?? 1
    }

    private enum CodingKeys: CodingKey { case text, weight }
  }

  /// The texts under one key: a single one or a list.
  private struct Texts: Decodable {
    let texts: [Text]

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      texts = try (try? value.decode(Text.self)).map { [$0] } ?? value.decode([Text].self)
    }
  }

  /// The file's name in messages.
  private let source: String
  private let byKey: [String: Texts]
  /// Whether every key is a number, the place of a label in the list of labels.
  private let keysAreIDs: Bool

  init(_ path: FilePath) throws(CommandError) {
    source = path.shown
    let bytes = try Files.read(path)
    guard let found = try? JSONDecoder().decode([String: Texts].self, from: Data(bytes)), !found.isEmpty
    else {
      throw CommandError(
        "\(source): expected a JSON object of texts by label: {\"label\": [\"text\", …]}, {\"label\": \"text\"} or "
          + "{\"0\": \"text\"}; a text may be {\"text\": \"…\", \"weight\": 1}")
    }
    byKey = found
    keysAreIDs = found.keys.allSatisfy { key in key.utf8.allSatisfy { (0x30...0x39).contains($0) } }
  }

  /// The labels that the file describes, sorted; empty if its keys are ids.
  var labels: [String] { keysAreIDs ? [] : byKey.keys.sorted() }

  /// The texts of a label: those under its name, else under its place in `labels`, if keys are ids.
  private func texts(of label: String, in labels: [String]) throws(CommandError) -> [Text] {
    var found = byKey[label]
    if found == nil, keysAreIDs, let id = labels.firstIndex(of: label) { found = byKey[String(id)] }
    guard let found else { throw CommandError("\(source): there is no description of \(label)") }
    guard !found.texts.isEmpty else { throw CommandError("\(source): \(label) has no text") }
    return found.texts
  }

  /// The texts of all labels in rows, with the label and the weight of each.
  func rows(
    for labels: [String]
  ) throws(CommandError) -> (texts: [String], labelOfText: [Int32], weights: [Float]) {
    var rows: (texts: [String], labelOfText: [Int32], weights: [Float]) = ([], [], [])
    for (index, label) in labels.enumerated() {
      for text in try texts(of: label, in: labels) {
        rows.texts.append(text.text)
        rows.labelOfText.append(Int32(clamping: index))
        rows.weights.append(text.weight)
      }
    }
    return rows
  }

  /// Tells texts and weights from others.
  func fingerprint(of labels: [String]) throws(CommandError) -> String {
    let rows = try rows(for: labels)
    return Fingerprint.of(
      rows.texts.indices.flatMap {
        [labels[Int(rows.labelOfText[$0])], rows.texts[$0], rows.weights[$0].description]
      })
  }
}
