import CActionCLIP
import Model
import ModelFile
import Session
import System

// Functions that save models.

/// The size in bytes of the struct's first version, the smallest one that is accepted.
private let oldestSaveOptions = 64

private var defaultSaveOptions: actionclip_save_options { actionclip_save_options() }

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
    let loaded = try Handle.resolve(model, LoadedModel.self)
    let path = try required(path, "path")
    try loaded.save(to: FilePath(path), SaveOptions(options))
  }
}

extension SaveOptions {
  /// Checks and converts the caller's options; NULL gives the defaults.
  fileprivate init(_ pointer: UnsafePointer<actionclip_save_options>?) throws(Failure) {
    let options = try SizedStruct.read(
      pointer, defaults: defaultSaveOptions, oldest: oldestSaveOptions, "options")
    self.init()
    switch options.storage {
    case ACTIONCLIP_STORAGE_FP32: storage = .fp32
    case ACTIONCLIP_STORAGE_FP16: storage = .fp16
    case ACTIONCLIP_STORAGE_BF16: storage = .bf16
    case ACTIONCLIP_STORAGE_INT8: storage = .int8
    default: throw .argument("storage is \(options.storage), expected ACTIONCLIP_STORAGE_*")
    }
    labels = try texts(
      options.labels, options.label_count, "labels", "label_count", ModelMetadata.problem(ofLabel:))
    templates = try texts(
      options.templates, options.template_count, "templates", "template_count",
      ModelMetadata.problem(ofTemplate:))
    notes = try noteTexts(options)
    frameIntervalNanoseconds = try frameInterval(options.frame_interval_ns)
    let weightCount = options.template_weight_count
    guard let given = options.template_weights else {
      guard weightCount == 0 else {
        throw .argument("template_weights is NULL but template_weight_count is \(weightCount)")
      }
      return
    }
    hasEqualWeights = weightCount == 0
    guard !hasEqualWeights else { return }
    templateWeights = try weights(given, weightCount, "template_weights")
  }
}

/// Converts a frame interval to be saved: 0 gives nil, which keeps the model's, and -1 gives 0, which is none.
private func frameInterval(_ value: Int64) throws(Failure) -> Int64? {
  let range = ModelMetadata.frameIntervals
  switch value {
  case 0: return nil
  case -1: return 0
  case range: return value
  default:
    throw .argument(
      "frame_interval_ns is \(value), expected 1 to \(range.upperBound), 0 to keep the model's, or -1 for none"
    )
  }
}

/// Copies the caller's notes, by key.
private func noteTexts(_ options: actionclip_save_options) throws(Failure) -> TextPairs {
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

/// Copies the caller's labels or templates, and throws if `problem` finds one in a text. NULL gives nil.
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
