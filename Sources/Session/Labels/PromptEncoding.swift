import Model
import ModelFile
import System
import Tokenizer

extension LoadedModel {
  /// Encodes texts to `out` [count, E], written on success only. `prompt` gives the text at an index.
  public func encode(
    prompts count: Int, truncate: Bool, to out: UnsafeMutablePointer<Float>,
    prompt: (Int) throws(Failure) -> UnsafeBufferPointer<UInt8>
  ) throws(Failure) {
    try encode(rows: count, truncate: truncate, to: out) { (row, encode) throws(Failure) in
      try named(row) { () throws(Failure) in try encode(prompt(row)) }
    }
  }

  /// Encodes every label in every template to `out` [templates, labels, E], written on success only. `label` gives the
  /// label at an index.
  public func encode(
    labels count: Int, _ templates: TextList, truncate: Bool, to out: UnsafeMutablePointer<Float>,
    label: (Int) throws(Failure) -> UnsafeBufferPointer<UInt8>
  ) throws(Failure) {
    let rows = try product([templates.count, count], "label_count")
    var prompt = GrowingArray<UInt8>()
    try encode(rows: rows, truncate: truncate, to: out) { (row, encode) throws(Failure) in
      let (template, index) = (row / count, row % count)
      try PromptTemplates.fill(templates[template], label: label(index), into: &prompt)
      do throws(Failure) { try encode(prompt.view) } catch {
        throw error.about("labels[\(index)] in template \(template)")
      }
    }
  }

  /// Turns texts into rows of token ids, `out` [count, C], written on success only. `prompt` gives the text at an
  /// index. `contextVectors` are those of the model that the ids are for; nil: this one's.
  public func tokens(
    prompts count: Int, contextVectors: Int? = nil, truncate: Bool, to out: UnsafeMutablePointer<Int32>,
    prompt: (Int) throws(Failure) -> UnsafeBufferPointer<UInt8>
  ) throws(Failure) {
    let tokens = try tokenRows(count)
    try tokenize(
      rows: count, contextVectors: contextVectors ?? configuration.contextVectors, truncate: truncate,
      into: tokens.base
    ) { (row, encode) throws(Failure) in
      try named(row) { () throws(Failure) in try encode(prompt(row)) }
    }
    out.update(from: tokens.base, count: tokens.count)
  }

  /// The model's own templates, or the reference's 16 if it has none.
  public func templates() throws(Failure) -> TextList {
    let own = metadata.templates
    return own.isEmpty ? try TextList(PromptTemplates.reference) : own
  }

  /// The weights of the model's own templates; nil: equal weights.
  public var templateWeights: TemplateWeights? { metadata.templateWeights }

  /// Runs the encoding of the prompt at `row`, and names it in an error.
  private func named(_ row: Int, _ encode: () throws(Failure) -> Void) throws(Failure) {
    do throws(Failure) { try encode() } catch { throw error.about("prompts[\(row)]") }
  }

  /// Fills rows of token ids [rows, C]. For each row, `text` passes its text to the function `encode`.
  private func tokenize(
    rows: Int, contextVectors: Int, truncate: Bool, into tokens: UnsafeMutablePointer<Int32>,
    text: (_ row: Int, _ encode: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Void) throws(Failure)
      -> Void
  ) throws(Failure) {
    let tokenizer = try requiredTokenizer()
    let length = configuration.contextLength
    for row in 0..<rows {
      try checkCancelled()
      try text(row) { (bytes) throws(Failure) in
        try tokenizer.encodeRow(
          bytes, contextLength: length, contextVectors: contextVectors, truncate: truncate,
          into: UnsafeMutableBufferPointer(start: tokens + row * length, count: length))
      }
    }
  }

  /// Encodes rows of text to `out` [rows, E], written on success only. For each row, `text` passes its text to the
  /// function `encode`.
  func encode(
    rows: Int, truncate: Bool, to out: UnsafeMutablePointer<Float>,
    text: (_ row: Int, _ encode: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Void) throws(Failure)
      -> Void
  ) throws(Failure) {
    let tokens = try tokenRows(rows)
    try tokenize(
      rows: rows, contextVectors: configuration.contextVectors, truncate: truncate, into: tokens.base,
      text: text)
    try model.encode(tokens: tokens.base, rows: rows, to: out)
  }

  /// Allocates rows of token ids, [rows, C], not initialised.
  private func tokenRows(_ rows: Int) throws(Failure) -> GrowingArray<Int32> {
    let count = try product([rows, configuration.contextLength], "prompts")
    do { return try GrowingArray(uninitialized: count) } catch {
      throw .outOfMemory("\(rows) rows of tokens")
    }
  }
}
