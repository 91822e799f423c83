import CActionCLIP
import System
import Model
import ModelFile
import Numerics
import Preprocess
import Tokenizer
import Weights

// What a model's file says besides the weights, and saving a model with it.

private let oldestSaveOptions = 64

private var defaultSaveOptions: actionclip_save_options { actionclip_save_options() }

private func count(
  _ model: OpaquePointer?, _ count: (ModelMetadata) -> Int
) -> Int32 {
  counting { () throws(Failure) in count(try Handle.object(model, LoadedModel.self).metadata) }
}

/// A string that belongs to the model.
func string(
  _ model: OpaquePointer?, _ find: (LoadedModel) throws(Failure) -> UnsafePointer<CChar>?
) -> UnsafePointer<CChar>? {
  var found: UnsafePointer<CChar>?
  _ = boundary { () throws(Failure) in found = try find(Handle.object(model, LoadedModel.self)) }
  return found
}

@_cdecl("actionclip_model_label_count") @implementation
public func actionclip_model_label_count(_ model: OpaquePointer!) -> Int32 {
  count(model) { $0.labels.count }
}

@_cdecl("actionclip_model_label") @implementation
public func actionclip_model_label(_ model: OpaquePointer!, _ index: Int32) -> UnsafePointer<CChar>! {
  string(model) { $0.metadata.labels.cString(Int(index)) }
}

@_cdecl("actionclip_model_template_count") @implementation
public func actionclip_model_template_count(_ model: OpaquePointer!) -> Int32 {
  count(model) { $0.templates.count }
}

@_cdecl("actionclip_model_template") @implementation
public func actionclip_model_template(_ model: OpaquePointer!, _ index: Int32) -> UnsafePointer<CChar>! {
  string(model) { $0.metadata.templates.cString(Int(index)) }
}

@_cdecl("actionclip_model_note") @implementation
public func actionclip_model_note(
  _ model: OpaquePointer!, _ key: UnsafePointer<CChar>!
) -> UnsafePointer<CChar>! {
  string(model) { (loaded) throws(Failure) in
    let notes = loaded.metadata.notes
    return notes.index(of: try text(key, "key")).flatMap { notes.valueString($0) }
  }
}

@_cdecl("actionclip_model_note_count") @implementation
public func actionclip_model_note_count(_ model: OpaquePointer!) -> Int32 {
  count(model) { $0.notes.count }
}

@_cdecl("actionclip_model_note_key") @implementation
public func actionclip_model_note_key(_ model: OpaquePointer!, _ index: Int32) -> UnsafePointer<CChar>! {
  string(model) { $0.metadata.notes.keyString(Int(index)) }
}

@_cdecl("actionclip_save_options_init_sized") @implementation
public func actionclip_save_options_init_sized(
  _ options: UnsafeMutablePointer<actionclip_save_options>!, _ struct_size: Int
) {
  SizedStruct.initialize(options, size: struct_size, defaults: defaultSaveOptions, oldest: oldestSaveOptions)
}

@_cdecl("actionclip_model_save") @implementation
public func actionclip_model_save(
  _ model: OpaquePointer!, _ path: UnsafePointer<CChar>!,
  _ options: UnsafePointer<actionclip_save_options>!
) -> Int32 {
  longCall { () throws(Failure) in
    let loaded = try Handle.object(model, LoadedModel.self)
    let path = try required(path, "path")
    let options = try SizedStruct.read(
      options, defaults: defaultSaveOptions, oldest: oldestSaveOptions, "options")
    let matrices: MatrixStorage
    switch options.storage {
    case ACTIONCLIP_STORAGE_FP32: matrices = .fp32
    case ACTIONCLIP_STORAGE_FP16: matrices = .fp16
    case ACTIONCLIP_STORAGE_BF16: matrices = .bf16
    case ACTIONCLIP_STORAGE_INT8: matrices = .int8
    default: throw .argument("storage is \(options.storage), expected ACTIONCLIP_STORAGE_*")
    }
    guard loaded.model.canSave(matrices) else {
      let held = loaded.model.precision.name
      throw Failure(
        .optionConflict,
        "the model was loaded in \(held) and its numbers are rounded to that: save it as \(held), or load it in "
          + "fp32 first")
    }
    var metadata = loaded.metadata
    if let labels = try texts(
      options.labels, options.label_count, "labels", "label_count", ModelMetadata.problem(ofLabel:))
    {
      metadata.labels = labels
    }
    if let templates = try texts(
      options.templates, options.template_count, "templates", "template_count",
      ModelMetadata.problem(ofTemplate:))
    {
      metadata.templates = templates
    }
    metadata.merges = try loaded.tokenizer?.mergeList()
    let given = try notes(options)
    try metadata.setNotes(given)
    // Where the reference's was chosen by nobody, nothing is said.
    if loaded.preset != .actionCLIP { metadata.preset = loaded.preset }
    try loaded.model.save(to: path, metadata: metadata, matrices: matrices)
  }
}

/// The caller's notes by key.
private func notes(_ options: actionclip_save_options) throws(Failure) -> TextPairs {
  let notes = TextPairs()
  func add(_ key: UnsafeBufferPointer<UInt8>, _ note: UnsafeBufferPointer<UInt8>) throws(Failure) {
    try notes.append(key, note)
  }
  for (key, note) in [
    ("description" as StaticString, options.description), ("license", options.license),
    ("source", options.source),
  ] {
    guard let note else { continue }
    try add(
      UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount), text(note, "\(key)"))
  }
  let count = options.note_count
  guard count != 0 else { return notes }
  guard (1...ModelMetadata.maximumNotes).contains(count) else {
    throw .argument("note_count is \(count), expected 0 to \(ModelMetadata.maximumNotes)")
  }
  let keys = try required(options.note_keys, "note_keys")
  let texts = try required(options.note_texts, "note_texts")
  for i in 0..<count {
    let key = try string(keys[i], "note_keys[\(i)]")
    if let problem = ModelMetadata.problem(ofNoteKey: key) { throw .argument("note_keys[\(i)] \(problem)") }
    try add(text(keys[i], "note_keys[\(i)]"), text(texts[i], "note_texts[\(i)]"))
  }
  return notes
}

/// The caller's texts, each checked; nil for NULL.
private func texts(
  _ pointers: UnsafePointer<UnsafePointer<CChar>?>?, _ count: Int, _ name: String, _ countName: String,
  _ problem: (UnsafeBufferPointer<UInt8>) -> String?
) throws(Failure) -> TextList? {
  guard let pointers else {
    guard count == 0 else { throw .argument("\(name) is NULL but \(countName) is \(count)") }
    return nil
  }
  guard (0...ModelMetadata.maximumTexts).contains(count) else {
    throw .argument("\(countName) is \(count), expected 0 to \(ModelMetadata.maximumTexts)")
  }
  return try texts(pointers, count, name) { (text, name) throws(Failure) in
    if let problem = problem(text) { throw .argument("\(name()) \(problem)") }
  }
}
