import FoundationEssentials

/// Labels in JSON, as data sets publish them.
extension LabelList {
  /// A list of labels; labels with their ids, as Something-Something has them; ids with their labels; or labels with texts
  /// that describe them, which are not used here.
  static func entries(ofJSON bytes: [UInt8], name: String) throws(CommandError) -> [Entry] {
    let data = Data(bytes)
    if let labels = try? JSONDecoder().decode([String].self, from: data) {
      return labels.enumerated().map { Entry(label: $1, id: $0) }
    }
    if let ids = try? JSONDecoder().decode([String: ID].self, from: data) {
      return ids.map { Entry(label: $0.key, id: $0.value.number) }.sorted {
        ($0.id, $0.label) < ($1.id, $1.label)
      }
    }
    if let labels = try? JSONDecoder().decode([String: String].self, from: data),
      labels.keys.allSatisfy({ Int($0) != nil })
    {
      return labels.compactMap { key, label in Int(key).map { Entry(label: label, id: $0) } }.sorted {
        $0.id < $1.id
      }
    }
    if let texts = try? JSONDecoder().decode([String: Ignored].self, from: data),
      texts.keys.allSatisfy({ Int($0) == nil })
    {
      return texts.keys.sorted().enumerated().map { Entry(label: $1, id: $0) }
    }
    throw CommandError(
      "\(name): expected JSON of labels: [\"label\", …], {\"label\": 0} or {\"0\": \"label\"}; or texts by label, "
        + "{\"label\": [\"text\", …]}")
  }

  /// A whole number, also as a text.
  private struct ID: Decodable {
    let number: Int

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let number = try? value.decode(Int.self) {
        self.number = number
        return
      }
      guard let number = Int(try value.decode(String.self)) else {
        throw DecodingError.dataCorruptedError(in: value, debugDescription: "no whole number")
      }
      self.number = number
    }
  }

  private struct Ignored: Decodable {}
}
