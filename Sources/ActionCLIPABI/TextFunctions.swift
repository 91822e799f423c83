import CActionCLIP
import Glibc
import System
import Model
import ModelFile
import Tokenizer

// Encode prompts, labels and tokens; the tokenizer by itself; the reference's templates.

/// What an actionclip_tokenizer handle holds.
final class LoadedTokenizer: HandleObject, Sendable {
  static let magic: UInt64 = 0x4143_4C49_5074_6F6B  // "ACLIPtok"
  static let name = "tokenizer"
  let tokenizer: Tokenizer
  init(_ tokenizer: Tokenizer) { self.tokenizer = tokenizer }
}

func truncates(_ too_long: Int32) throws(Failure) -> Bool {
  switch too_long {
  case ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR: return false
  case ACTIONCLIP_TEXT_TRUNCATE: return true
  default:
    throw .argument(
      "too_long is \(too_long), expected ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR or ACTIONCLIP_TEXT_TRUNCATE")
  }
}

typealias Texts = UnsafePointer<UnsafePointer<CChar>?>

/// Fills rows of token ids [rows, C], one for each text that `text` gives.
private func tokenize(
  _ loaded: LoadedModel, rows: Int, truncate: Bool, into tokens: UnsafeMutablePointer<Int32>,
  text: (_ row: Int, _ encode: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Void) throws(Failure)
    -> Void
) throws(Failure) {
  let tokenizer = try loaded.requiredTokenizer()
  let length = loaded.configuration.contextLength
  for row in 0..<rows {
    try checkCancelled()
    try text(row) { (bytes) throws(Failure) in
      try tokenizer.encodeRow(
        bytes, contextLength: length, truncate: truncate,
        into: UnsafeMutableBufferPointer(start: tokens + row * length, count: length))
    }
  }
}

private func tokenize(
  _ loaded: LoadedModel, prompts: Texts, _ count: Int, truncate: Bool,
  into tokens: UnsafeMutablePointer<Int32>
) throws(Failure) {
  try tokenize(loaded, rows: count, truncate: truncate, into: tokens) {
    (row, encode) throws(Failure) in
    let bytes = try bytes(prompts[row], "prompts[\(row)]")
    do throws(Failure) { try encode(bytes) } catch { throw error.about("prompts[\(row)]") }
  }
}

/// Room for the embeddings of `rows` texts.
private func textOutput(
  _ loaded: LoadedModel, rows: Int, _ text_out: UnsafeMutablePointer<Float>?, _ text_capacity: Int
) throws(Failure) -> UnsafeMutablePointer<Float> {
  let needed = try product([rows, loaded.configuration.embeddingSize], "text_out")
  return try output(text_out, capacity: text_capacity, needed: needed, "text_out")
}

private func encode(
  _ loaded: LoadedModel, rows: Int, to out: UnsafeMutablePointer<Float>,
  tokenize: (UnsafeMutablePointer<Int32>) throws(Failure) -> Void
) throws(Failure) {
  let count = try product([rows, loaded.configuration.contextLength], "prompts")
  try withBuffer(Int32.self, count: count, for: "\(rows) rows of tokens") {
    (tokens) throws(Failure) in
    guard let base = tokens.baseAddress else { return }
    try tokenize(base)
    try loaded.model.encode(tokens: base, rows: rows, to: out)
  }
}

@_cdecl("actionclip_encode_prompts") @implementation
public func actionclip_encode_prompts(
  _ model: OpaquePointer!, _ prompts: UnsafePointer<UnsafePointer<CChar>?>!, _ prompt_count: Int,
  _ too_long: Int32, _ text_out: UnsafeMutablePointer<Float>!, _ text_capacity: Int
) -> Int32 {
  longCall { () throws(Failure) in
    let loaded = try Handle.object(model, LoadedModel.self)
    let prompts = try required(prompts, "prompts")
    let rows = try count(prompt_count, "prompt_count")
    let truncate = try truncates(too_long)
    let out = try textOutput(loaded, rows: rows, text_out, text_capacity)
    try encode(loaded, rows: rows, to: out) { (tokens) throws(Failure) in
      try tokenize(loaded, prompts: prompts, rows, truncate: truncate, into: tokens)
    }
  }
}

@_cdecl("actionclip_encode_labels") @implementation
public func actionclip_encode_labels(
  _ model: OpaquePointer!, _ labels: UnsafePointer<UnsafePointer<CChar>?>!, _ label_count: Int,
  _ templates: UnsafePointer<UnsafePointer<CChar>?>!, _ template_count: Int,
  _ too_long: Int32, _ text_out: UnsafeMutablePointer<Float>!, _ text_capacity: Int
) -> Int32 {
  longCall { () throws(Failure) in
    let loaded = try Handle.object(model, LoadedModel.self)
    let labels = try required(labels, "labels")
    let labelCount = try count(label_count, "label_count")
    let templates = try chosenTemplates(templates, template_count, of: loaded)
    let truncate = try truncates(too_long)
    let rows = try product([templates.count, labelCount], "label_count")
    let out = try textOutput(loaded, rows: rows, text_out, text_capacity)
    try encode(loaded, labels: labelCount, templates, truncate: truncate, to: out) {
      (label) throws(Failure) in try text(labels[label], "labels[\(label)]")
    }
  }
}

/// Every label in every template: out [templates, labels, E]. `label` gives the text of one.
func encode(
  _ loaded: LoadedModel, labels count: Int, _ templates: TextList, truncate: Bool,
  to out: UnsafeMutablePointer<Float>, label: (Int) throws(Failure) -> UnsafeBufferPointer<UInt8>
) throws(Failure) {
  let rows = try product([templates.count, count], "label_count")
  try encode(loaded, rows: rows, to: out) { (tokens) throws(Failure) in
    var prompt = GrowingArray<UInt8>()
    try tokenize(loaded, rows: rows, truncate: truncate, into: tokens) {
      (row, encode) throws(Failure) in
      let (template, index) = (row / count, row % count)
      let text = try label(index)
      try PromptTemplates.fill(templates[template], label: text, into: &prompt)
      do throws(Failure) { try encode(prompt.view) } catch {
        throw error.about("labels[\(index)] in template \(template)")
      }
    }
  }
}

/// The caller's templates, each checked to have its place for the label; or the model's own, or the
/// reference's.
func chosenTemplates(
  _ templates: Texts?, _ templateCount: Int, of loaded: LoadedModel
) throws(Failure) -> TextList {
  guard let templates else {
    guard templateCount == 0 else {
      throw .argument("templates is NULL but template_count is \(templateCount)")
    }
    let own = loaded.metadata.templates
    if !own.isEmpty { return own }
    return try TextList(PromptTemplates.reference)
  }
  guard (1...65_536).contains(templateCount) else {
    throw .argument("template_count is \(templateCount), expected 1 to 65536")
  }
  return try texts(templates, templateCount, "templates") { (template, name) throws(Failure) in
    do throws(TokenizerError) { _ = try PromptTemplates.place(in: template) } catch {
      throw error.about(name())
    }
  }
}

@_cdecl("actionclip_template_count") @implementation
public func actionclip_template_count() -> Int32 { Int32(clamping: PromptTemplates.reference.count) }

/// The reference's templates as C strings for as long as the process lives.
nonisolated(unsafe) private let templateStrings: [UnsafePointer<CChar>] = PromptTemplates.reference.compactMap
{
  $0.withCString { strdup($0) }.map { UnsafePointer($0) }
}

@_cdecl("actionclip_template") @implementation
public func actionclip_template(_ index: Int32) -> UnsafePointer<CChar>! {
  let index = Int(index)
  return templateStrings.indices.contains(index) ? templateStrings[index] : nil
}

@_cdecl("actionclip_encode_tokens") @implementation
public func actionclip_encode_tokens(
  _ model: OpaquePointer!, _ tokens: UnsafePointer<Int32>!, _ token_count: Int, _ row_count: Int,
  _ text_out: UnsafeMutablePointer<Float>!, _ text_capacity: Int
) -> Int32 {
  longCall { () throws(Failure) in
    let loaded = try Handle.object(model, LoadedModel.self)
    let tokens = try required(tokens, "tokens")
    let rows = try count(row_count, "row_count")
    let length = loaded.configuration.contextLength
    let expected = try product([rows, length], "tokens")
    guard token_count == expected else {
      throw .argument("token_count is \(token_count), expected \(expected): \(rows) rows of \(length)")
    }
    let out = try textOutput(loaded, rows: rows, text_out, text_capacity)
    try loaded.model.encode(tokens: tokens, rows: rows, to: out)
  }
}

@_cdecl("actionclip_tokenize") @implementation
public func actionclip_tokenize(
  _ model: OpaquePointer!, _ prompts: UnsafePointer<UnsafePointer<CChar>?>!, _ prompt_count: Int,
  _ too_long: Int32, _ tokens_out: UnsafeMutablePointer<Int32>!, _ tokens_capacity: Int
) -> Int32 {
  longCall { () throws(Failure) in
    let loaded = try Handle.object(model, LoadedModel.self)
    let prompts = try required(prompts, "prompts")
    let rows = try count(prompt_count, "prompt_count")
    let truncate = try truncates(too_long)
    let needed = try product([rows, loaded.configuration.contextLength], "tokens_out")
    let out = try output(tokens_out, capacity: tokens_capacity, needed: needed, "tokens_out")
    try withBuffer(Int32.self, count: needed, for: "\(rows) rows of tokens") {
      (tokens) throws(Failure) in
      guard let base = tokens.baseAddress else { return }
      try tokenize(loaded, prompts: prompts, rows, truncate: truncate, into: base)
      out.update(from: base, count: needed)
    }
  }
}

@_cdecl("actionclip_tokenizer_load") @implementation
public func actionclip_tokenizer_load(
  _ path: UnsafePointer<CChar>!, _ tokenizer_out: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
  longCall { () throws(Failure) in
    let path = try required(path, "path")
    let out = try required(tokenizer_out, "tokenizer_out")
    let tokenizer: Tokenizer
    tokenizer = try Tokenizer(cPath: path)
    out.pointee = try Handle.make(LoadedTokenizer(tokenizer))
  }
}

@_cdecl("actionclip_tokenizer_free") @implementation
public func actionclip_tokenizer_free(_ tokenizer: OpaquePointer!) {
  Handle.release(tokenizer, LoadedTokenizer.self)
}

@_cdecl("actionclip_tokenizer_encode") @implementation
public func actionclip_tokenizer_encode(
  _ tokenizer: OpaquePointer!, _ text: UnsafePointer<CChar>!, _ text_size: Int,
  _ ids_out: UnsafeMutablePointer<Int32>!, _ ids_capacity: Int,
  _ count_out: UnsafeMutablePointer<Int>!
) -> Int32 {
  longCall { () throws(Failure) in
    let loaded = try Handle.object(tokenizer, LoadedTokenizer.self)
    let text = UnsafeRawPointer(try required(text, "text")).assumingMemoryBound(to: UInt8.self)
    let size = try count(text_size, "text_size", minimum: 0)
    let countOut = try required(count_out, "count_out")
    try loaded.tokenizer.encode(UnsafeBufferPointer(start: text, count: size)) {
      (ids) throws(Failure) in
      if ids_out != nil || ids_capacity != 0 {
        let out = try output(ids_out, capacity: ids_capacity, needed: ids.count, "ids_out")
        if let base = ids.baseAddress { out.update(from: base, count: ids.count) }
      }
      countOut.pointee = ids.count
    }
  }
}
