import CActionCLIP
import Glibc
import Model
import Session
import System
import Tokenizer

// Functions that encode prompts, labels and tokens, and give the reference's templates.

/// Converts `too_long`: whether a text that is too long is cut. Throws for an unknown value.
func truncates(_ too_long: Int32) throws(Failure) -> Bool {
  switch too_long {
  case ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR: return false
  case ACTIONCLIP_TEXT_TRUNCATE: return true
  default:
    throw .argument(
      "too_long is \(too_long), expected ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR or ACTIONCLIP_TEXT_TRUNCATE")
  }
}

/// An array of C strings, as the caller passes it.
typealias Texts = UnsafePointer<UnsafePointer<CChar>?>

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
    let out = try embeddings(loaded, rows: rows, text_out, text_capacity, "text_out")
    try loaded.encode(prompts: rows, truncate: truncate, to: out) { (row) throws(Failure) in
      try bytes(prompts[row], "prompts[\(row)]")
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
    let out = try embeddings(loaded, rows: rows, text_out, text_capacity, "text_out")
    try loaded.encode(labels: labelCount, templates, truncate: truncate, to: out) {
      (label) throws(Failure) in
      let bytes = try text(labels[label], "labels[\(label)]")
      try checkLabel(bytes, "labels[\(label)]")
      return bytes
    }
  }
}

/// Copies the caller's templates, each checked to have one "{}"; for NULL gives the model's own, or the reference's if
/// it has none.
func chosenTemplates(
  _ templates: Texts?, _ templateCount: Int, of loaded: LoadedModel
) throws(Failure) -> TextList {
  guard let templates else {
    guard templateCount == 0 else {
      throw .argument("templates is NULL but template_count is \(templateCount)")
    }
    return try loaded.templates()
  }
  guard (1...65_536).contains(templateCount) else {
    throw .argument("template_count is \(templateCount), expected 1 to 65536")
  }
  return try texts(templates, templateCount, "templates") { (template, name) throws(Failure) in
    do throws(Failure) { _ = try PromptTemplates.placeholderOffset(in: template) } catch {
      throw error.about(name())
    }
  }
}

@_cdecl("actionclip_encode_descriptions") @implementation
public func actionclip_encode_descriptions(
  _ model: OpaquePointer!, _ labels: UnsafePointer<UnsafePointer<CChar>?>!, _ label_count: Int,
  _ texts: UnsafePointer<UnsafePointer<CChar>?>!, _ label_of_text: UnsafePointer<Int32>!,
  _ weights: UnsafePointer<Float>!, _ text_count: Int, _ too_long: Int32,
  _ text_out: UnsafeMutablePointer<Float>!, _ text_capacity: Int
) -> Int32 {
  longCall { () throws(Failure) in
    let loaded = try Handle.object(model, LoadedModel.self)
    let descriptions = try descriptions(labels, label_count, texts, label_of_text, weights, text_count)
    let out = try embeddings(loaded, rows: label_count, text_out, text_capacity, "text_out")
    try loaded.encode(descriptions, truncate: truncates(too_long), to: out)
  }
}

/// Copies the caller's labels and the texts that describe them, and checks that every label has one.
func descriptions(
  _ labels: Texts?, _ labelCount: Int, _ texts: Texts?, _ labelOfText: UnsafePointer<Int32>?,
  _ weights: UnsafePointer<Float>?, _ textCount: Int
) throws(Failure) -> Descriptions {
  let labels = try labelTexts(labels, labelCount)
  let limit = 1 << 20
  guard (1...limit).contains(textCount) else {
    throw .argument("text_count is \(UInt(bitPattern: textCount)), expected 1 to \(limit)")
  }
  return try Descriptions(
    of: labels, texts: ActionCLIPABI.texts(required(texts, "texts"), textCount, "texts"),
    labelOfText: required(labelOfText, "label_of_text"), weights: weights)
}

/// Copies the caller's weights of templates, which need not sum to 1.
func weights(
  _ given: UnsafePointer<Float>, _ count: Int, _ name: String
) throws(Failure) -> TemplateWeights {
  guard (1...65_536).contains(count) else {
    throw .argument("\(name): their number is \(UInt(bitPattern: count)), expected 1 to 65536")
  }
  return try TemplateWeights(UnsafeBufferPointer(start: given, count: count), name: name)
}

@_cdecl("actionclip_template_count") @implementation
public func actionclip_template_count() -> Int32 { Int32(clamping: PromptTemplates.reference.count) }

/// The reference's templates as C strings, which live as long as the process.
nonisolated(unsafe) private let templateStrings = lastingStrings(PromptTemplates.reference)
/// The built-in pool's templates as C strings, which live as long as the process.
nonisolated(unsafe) private let poolStrings = lastingStrings(PromptTemplates.pool)

private func lastingStrings(_ texts: [String]) -> [UnsafePointer<CChar>] {
  texts.compactMap { $0.withCString { strdup($0) }.map { UnsafePointer($0) } }
}

@_cdecl("actionclip_template") @implementation
public func actionclip_template(_ index: Int32) -> UnsafePointer<CChar>! {
  let index = Int(index)
  return templateStrings.indices.contains(index) ? templateStrings[index] : nil
}

@_cdecl("actionclip_pool_template_count") @implementation
public func actionclip_pool_template_count() -> Int32 { Int32(clamping: PromptTemplates.pool.count) }

@_cdecl("actionclip_pool_template") @implementation
public func actionclip_pool_template(_ index: Int32) -> UnsafePointer<CChar>! {
  let index = Int(index)
  return poolStrings.indices.contains(index) ? poolStrings[index] : nil
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
    let out = try embeddings(loaded, rows: rows, text_out, text_capacity, "text_out")
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
    try loaded.tokens(prompts: rows, truncate: truncate, to: out) { (row) throws(Failure) in
      try bytes(prompts[row], "prompts[\(row)]")
    }
  }
}
