import Digest
import Model
import System
import Tokenizer

/// The token ids of every label's texts: the label in each template, and texts of its own.
struct TuningTexts: ~Copyable {
  let labels, templates: TextList
  /// Token ids a text, C.
  let contextLength: Int
  private var tokens: GrowingArray<Int32>  // [templates, labels, C], then [own, C]
  private var ownLabels: GrowingArray<Int32>  // the label of each text that was added

  /// Fills the templates and tokenizes them.
  init(
    _ loaded: LoadedModel, labels: TextList, templates: TextList, truncate: Bool
  ) throws(Failure) {
    let length = loaded.configuration.contextLength
    let rows = try product([templates.count, labels.count], "label_count")
    let ids = try GrowingArray<Int32>(uninitialized: product([rows, length], "label_count"))
    var prompt = GrowingArray<UInt8>()
    try loaded.tokens(prompts: rows, truncate: truncate, to: ids.base) { (row) throws(Failure) in
      try PromptTemplates.fill(
        templates[row / labels.count], label: labels[row % labels.count], into: &prompt)
      return prompt.view
    }
    (self.labels, self.templates, contextLength) = (labels, templates, length)
    tokens = consume ids
    ownLabels = GrowingArray()
  }

  /// Adds a text of a label.
  mutating func add(
    _ text: UnsafeBufferPointer<UInt8>, label: Int, _ loaded: LoadedModel, truncate: Bool
  ) throws(Failure) {
    let row = try GrowingArray<Int32>(uninitialized: contextLength)
    do throws(Failure) {
      try loaded.tokens(prompts: 1, truncate: truncate, to: row.base) { (_) throws(Failure) in text }
    } catch { throw error.about("text") }
    try ownLabels.append(Int32(label))
    do throws(Failure) { try tokens.append(contentsOf: row.view) } catch {
      ownLabels.removeLast()
      throw error
    }
  }

  var bytes: Int { 4 * (tokens.count + ownLabels.count) }
  /// All texts.
  var count: Int { tokens.count / contextLength }
  /// The token ids of every text, [count, C].
  var rows: UnsafePointer<Int32> { UnsafePointer(tokens.base) }

  /// The label of a text.
  func label(of row: Int) -> Int {
    let filled = templates.count * labels.count
    return row < filled ? row % labels.count : Int(ownLabels[row - filled])
  }

  /// The row of a text of `label`, each as likely.
  func draw(_ label: Int, _ random: inout SplitMix64) -> Int {
    var own = 0
    for i in 0..<ownLabels.count where Int(ownLabels[i]) == label { own += 1 }
    var choice = random.index(below: templates.count + own)
    if choice < templates.count { return choice * labels.count + label }
    choice -= templates.count
    let filled = templates.count * labels.count
    for i in 0..<ownLabels.count where Int(ownLabels[i]) == label {
      if choice == 0 { return filled + i }
      choice -= 1
    }
    return label
  }

  /// Adds the labels and texts to a hash that tells lists apart.
  func add(to sha: inout SHA256) {
    let line = Array("texts \(labels.count) \(templates.count) \(contextLength)\n".utf8)
    line.withUnsafeBytes { sha.update($0) }
    for i in 0..<labels.count {
      sha.update(UnsafeRawBufferPointer(labels[i]))
      [UInt8(0)].withUnsafeBytes { sha.update($0) }
    }
    sha.update(UnsafeRawBufferPointer(tokens.view))
    sha.update(UnsafeRawBufferPointer(ownLabels.view))
  }
}
