import Digest
import Model
import System
import Tokenizer

/// The token ids of every label's texts: the label in each template, and texts of its own.
struct TuningTexts: ~Copyable {
  let labels, templates: TextList
  /// Token ids a text, C.
  let contextLength: Int
  /// Context vectors of the model that is trained.
  private let contextVectors: Int
  private var tokens: GrowingArray<Int32>  // [templates, labels, C], then [own, C]
  private var ownLabels = GrowingArray<Int32>()  // the label of each text that was added
  /// The texts that were added, those of a label after each other in the order of adding, and where each label's begin;
  /// `sortByLabel` writes them.
  private var ownTexts = GrowingArray<Int32>()
  private var firstOwn = GrowingArray<Int32>()  // [labels + 1]

  /// Fills the templates and tokenizes them.
  init(
    _ loaded: LoadedModel, contextVectors: Int, labels: TextList, templates: TextList, truncate: Bool
  ) throws(Failure) {
    let length = loaded.configuration.contextLength
    let rows = try product([templates.count, labels.count], "label_count")
    let ids = try GrowingArray<Int32>(uninitialized: product([rows, length], "label_count"))
    firstOwn = try GrowingArray(repeating: 0, count: labels.count + 1)
    var prompt = GrowingArray<UInt8>()
    try loaded.tokens(
      prompts: rows, contextVectors: contextVectors, truncate: truncate, to: ids.base
    ) { (row) throws(Failure) in
      try PromptTemplates.fill(
        templates[row / labels.count], label: labels[row % labels.count], into: &prompt)
      return prompt.view
    }
    (self.labels, self.templates, contextLength) = (labels, templates, length)
    self.contextVectors = contextVectors
    tokens = consume ids
  }

  /// Adds a text of a label.
  mutating func add(
    _ text: UnsafeBufferPointer<UInt8>, label: Int, _ loaded: LoadedModel, truncate: Bool
  ) throws(Failure) {
    guard ownLabels.count < Int(Int32.max) else {
      throw .argument("a tuner has at most \(Int32.max) texts of its own")
    }
    let row = try GrowingArray<Int32>(uninitialized: contextLength)
    do throws(Failure) {
      try loaded.tokens(
        prompts: 1, contextVectors: contextVectors, truncate: truncate, to: row.base
      ) { (_) throws(Failure) in text }
    } catch { throw error.about("text") }
    try ownLabels.append(Int32(label))
    do throws(Failure) { try tokens.append(contentsOf: row.view) } catch {
      ownLabels.removeLast()
      throw error
    }
  }

  var bytes: Int { 4 * (tokens.count + 2 * ownLabels.count + firstOwn.count) }
  /// Bytes that one more text takes.
  var bytesOfOne: Int { 4 * (contextLength + 2) }

  /// Bytes that texts take: one of each of `labels` in each of `templates`, and their ids of `length`. Int.max: too
  /// many.
  static func bytes(labels: Int, templates: Int, length: Int) -> Int {
    let (rows, overflow) = labels.multipliedReportingOverflow(by: templates)
    let (ids, overflow2) = rows.multipliedReportingOverflow(by: length)
    let (bytes, overflow3) = ids.multipliedReportingOverflow(by: 4)
    let (all, overflow4) = bytes.addingReportingOverflow(4 * (labels + 1))
    return overflow || overflow2 || overflow3 || overflow4 ? Int.max : all
  }

  /// All texts.
  var count: Int { tokens.count / contextLength }
  /// The token ids of every text, [count, C].
  var rows: UnsafePointer<Int32> { UnsafePointer(tokens.base) }

  /// The label of a text.
  func label(of row: Int) -> Int {
    let filled = templates.count * labels.count
    return row < filled ? row % labels.count : Int(ownLabels[row - filled])
  }

  /// Makes texts that were added be found by their labels. Call it after adding, and before `draw`.
  mutating func sortByLabel() throws(Failure) {
    let sorted = try GrowingArray<Int32>(uninitialized: ownLabels.count)
    firstOwn.buffer.update(repeating: 0)
    for label in ownLabels.view { firstOwn[Int(label)] += 1 }
    var begin: Int32 = 0
    for label in 0..<firstOwn.count {
      begin += firstOwn[label]
      firstOwn[label] = begin
    }
    // Each label's place is its end, and moves to its beginning.
    for text in stride(from: ownLabels.count - 1, through: 0, by: -1) {
      let label = Int(ownLabels[text])
      firstOwn[label] -= 1
      sorted.base[Int(firstOwn[label])] = Int32(text)
    }
    ownTexts = sorted
  }

  /// The row of a text of `label`, each as likely.
  func draw(_ label: Int, _ random: inout SplitMix64) -> Int {
    let first = Int(firstOwn[label])
    let choice = random.index(below: templates.count + Int(firstOwn[label + 1]) - first)
    guard choice >= templates.count else { return choice * labels.count + label }
    return templates.count * labels.count + Int(ownTexts[first + choice - templates.count])
  }

  /// Adds the labels and texts to a hash that tells lists apart.
  func add(to sha: inout SHA256) {
    sha.add("texts \(labels.count) \(templates.count) \(contextLength)")
    for i in 0..<labels.count {
      sha.update(UnsafeRawBufferPointer(labels[i]))
      [UInt8(0)].withUnsafeBytes { sha.update($0) }
    }
    sha.update(UnsafeRawBufferPointer(tokens.view))
    sha.update(UnsafeRawBufferPointer(ownLabels.view))
  }
}
