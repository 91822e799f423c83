import CActionCLIP
import Families
import Model
import ModelFile
import Numerics
import Session
import System
import Weights

// Functions that load models, describe files, and give a model's properties.

/// The size in bytes of the struct's first version, the smallest one that is accepted.
private let oldestInfo = 96

@_cdecl("actionclip_model_options_init_sized") @implementation
public func actionclip_model_options_init_sized(
  _ options: UnsafeMutablePointer<actionclip_model_options>!, _ struct_size: Int
) {
  ModelOptions.initialize(options, size: struct_size)
}

@_cdecl("actionclip_model_load") @implementation
public func actionclip_model_load(
  _ path: UnsafePointer<CChar>!, _ options: UnsafePointer<actionclip_model_options>!,
  _ model_out: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
  longCall { () throws(Failure) in
    let out = try required(model_out, "model_out")
    let options = try ModelOptions(options)
    out.pointee = try Handle.make(LoadedModel(path.map { FilePath($0) }, options))
  }
}

@_cdecl("actionclip_model_load_buffer") @implementation
public func actionclip_model_load_buffer(
  _ data: UnsafeRawPointer!, _ size: Int, _ options: UnsafePointer<actionclip_model_options>!,
  _ model_out: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
  longCall { () throws(Failure) in
    guard let data else { throw .argument("data is NULL") }
    let bytes = UnsafeRawBufferPointer(start: data, count: try count(size, "size"))
    let out = try required(model_out, "model_out")
    let options = try ModelOptions(options)
    out.pointee = try Handle.make(LoadedModel(bytes: bytes, options))
  }
}

@_cdecl("actionclip_file_describe") @implementation
public func actionclip_file_describe(
  _ path: UnsafePointer<CChar>!, _ text_out: UnsafeMutablePointer<CChar>!, _ text_capacity: Int,
  _ text_size_out: UnsafeMutablePointer<Int>!
) -> Int32 {
  longCall { () throws(Failure) in
    let path = try FilePath(required(path, "path"))
    let capacity = text_capacity == 0 ? 0 : try count(text_capacity, "text_capacity")
    let size = try required(text_size_out, "text_size_out")
    try writeText(FileDescription.text(of: path), to: text_out, capacity: capacity, size: size)
  }
}

@_cdecl("actionclip_file_sha256") @implementation
public func actionclip_file_sha256(
  _ path: UnsafePointer<CChar>!, _ text_out: UnsafeMutablePointer<CChar>!, _ text_capacity: Int
) -> Int32 {
  longCall { () throws(Failure) in
    // First, since hashing a large file takes long.
    let out = try output(text_out, capacity: text_capacity, needed: 65, "text_out")
    var size = 0
    try writeText(FileDescription.sha256(of: path.map { FilePath($0) }), to: out, capacity: 65, size: &size)
  }
}

@_cdecl("actionclip_model_free") @implementation
public func actionclip_model_free(_ model: OpaquePointer!) {
  Handle.release(model, LoadedModel.self)
}

@_cdecl("actionclip_model_get_info") @implementation
public func actionclip_model_get_info(
  _ model: OpaquePointer!, _ info_out: UnsafeMutablePointer<actionclip_model_info>!
) -> Int32 {
  boundary { () throws(Failure) in
    let loaded = try Handle.resolve(model, LoadedModel.self)
    try SizedStruct.write(actionclip_model_info(loaded), to: info_out, oldest: oldestInfo, "info_out")
  }
}

@_cdecl("actionclip_file_get_info") @implementation
public func actionclip_file_get_info(
  _ path: UnsafePointer<CChar>!, _ options: UnsafePointer<actionclip_model_options>!,
  _ info_out: UnsafeMutablePointer<actionclip_model_info>!, _ video_ns_out: UnsafeMutablePointer<Int64>!
) -> Int32 {
  longCall { () throws(Failure) in
    let out: UnsafeMutablePointer<actionclip_model_info> = try required(info_out, "info_out")
    try SizedStruct.checkSize(of: out, oldest: oldestInfo, "info_out")
    let model = try LoadedModel.unread(path.map { FilePath($0) }, ModelOptions(options))
    let time = video_ns_out == nil ? 0 : try model.model.estimatedVideoTime()
    try SizedStruct.write(actionclip_model_info(model), to: info_out, oldest: oldestInfo, "info_out")
    video_ns_out?.pointee = time
  }
}

extension actionclip_model_info {
  /// The sizes and options of a model.
  fileprivate init(_ loaded: LoadedModel) {
    self.init()
    let c = loaded.configuration
    file_type =
      switch loaded.format {
      case .safetensors: ACTIONCLIP_FILE_SAFETENSORS
      case .torch: ACTIONCLIP_FILE_TORCH
      case .torchScript: ACTIONCLIP_FILE_TORCHSCRIPT
      }
    // Loading has bounded all sizes.
    image_size = Int32(clamping: c.imageSize)
    patch_size = Int32(clamping: c.patchSize)
    vision_width = Int32(clamping: c.visionWidth)
    vision_layers = Int32(clamping: c.visionLayers)
    vision_heads = Int32(clamping: c.visionHeads)
    embedding_size = Int32(clamping: c.embeddingSize)
    text_width = Int32(clamping: c.textWidth)
    text_layers = Int32(clamping: c.textLayers)
    text_heads = Int32(clamping: c.textHeads)
    context_length = Int32(clamping: c.contextLength)
    vocabulary_size = Int32(clamping: c.vocabularySize)
    frames = Int32(clamping: c.frames)
    joint = c.joint ? 1 : 0
    temporal_shift = c.temporalShift == .off ? 0 : 1
    head = c.head.rawValue
    compute_type = loaded.model.precision.rawValue
    threads = Int32(clamping: loaded.model.threads)
    has_tokenizer = loaded.tokenizer == nil ? 0 : 1
    logit_scale = loaded.model.logitScale
    heads_assumed = c.headsAreAssumed ? 1 : 0
    parameters = loaded.model.parameters.reduce(0) { $0 + Int64($1.count) }
    let memory = loaded.model.memory
    weight_bytes = Int64(memory.weights)
    video_bytes = Int64(memory.video)
    text_bytes = Int64(memory.text)
    activation = c.activation.rawValue
    activation_assumed = c.activationIsAssumed ? 1 : 0
    frames_independent = loaded.model.framesAreIndependent ? 1 : 0
    product_instructions = loaded.model.kernels.products(loaded.model.precision).rawValue
    row_instructions = loaded.model.kernels.rows.rawValue
    frame_interval_ns = loaded.frameIntervalNanoseconds ?? 0
    shift_causal = c.temporalShift == .causal ? 1 : 0
    context_vectors = Int32(clamping: c.contextVectors)
    video_size = Int64(c.videoSize)
    frame_scores = c.scoresFrames ? 1 : 0
    sigmoid_scores = loaded.model.logitBias == nil ? 0 : 1
    logit_bias = loaded.model.logitBias ?? 0
    video_flops = loaded.model.videoOperations
    usual_scale = loaded.model.scoring.usualScale
  }
}

@_cdecl("actionclip_model_family") @implementation
public func actionclip_model_family(_ model: OpaquePointer!) -> UnsafePointer<CChar>! {
  string(model, LoadedModel.self) { cString($0.family.staticName) }
}

@_cdecl("actionclip_model_assumption") @implementation
public func actionclip_model_assumption(_ model: OpaquePointer!, _ index: Int32) -> UnsafePointer<CChar>! {
  string(model, LoadedModel.self) {
    $0.assumptions.indices.contains(Int(index)) ? cString($0.assumptions[Int(index)]) : nil
  }
}

@_cdecl("actionclip_model_label_count") @implementation
public func actionclip_model_label_count(_ model: OpaquePointer!) -> Int32 {
  counting(model) { $0.labels.count }
}

@_cdecl("actionclip_model_label") @implementation
public func actionclip_model_label(_ model: OpaquePointer!, _ index: Int32) -> UnsafePointer<CChar>! {
  string(model, LoadedModel.self) { $0.metadata.labels.cString(Int(index)) }
}

@_cdecl("actionclip_model_template_count") @implementation
public func actionclip_model_template_count(_ model: OpaquePointer!) -> Int32 {
  counting(model) { $0.templates.count }
}

@_cdecl("actionclip_model_template") @implementation
public func actionclip_model_template(_ model: OpaquePointer!, _ index: Int32) -> UnsafePointer<CChar>! {
  string(model, LoadedModel.self) { $0.metadata.templates.cString(Int(index)) }
}

@_cdecl("actionclip_model_template_weight") @implementation
public func actionclip_model_template_weight(_ model: OpaquePointer!, _ index: Int32) -> Float {
  var weight: Float = -1
  _ = boundary { () throws(Failure) in
    let metadata = try Handle.resolve(model, LoadedModel.self).metadata
    let count = metadata.templates.count
    guard (0..<count).contains(Int(index)) else {
      throw .argument("index is \(index), the model has \(count) templates of its own")
    }
    weight = metadata.templateWeights?[Int(index)] ?? 1 / Float(count)
  }
  return weight
}

@_cdecl("actionclip_model_note") @implementation
public func actionclip_model_note(
  _ model: OpaquePointer!, _ key: UnsafePointer<CChar>!
) -> UnsafePointer<CChar>! {
  string(model, LoadedModel.self) { (loaded) throws(Failure) in
    let notes = loaded.metadata.notes
    return notes.index(of: try text(key, "key")).flatMap { notes.valueString($0) }
  }
}

@_cdecl("actionclip_model_note_count") @implementation
public func actionclip_model_note_count(_ model: OpaquePointer!) -> Int32 {
  counting(model) { $0.notes.count }
}

@_cdecl("actionclip_model_note_key") @implementation
public func actionclip_model_note_key(_ model: OpaquePointer!, _ index: Int32) -> UnsafePointer<CChar>! {
  string(model, LoadedModel.self) { $0.metadata.notes.keyString(Int(index)) }
}

private func counting(_ model: OpaquePointer?, _ count: (ModelMetadata) -> Int) -> Int32 {
  counting { () throws(Failure) in count(try Handle.resolve(model, LoadedModel.self).metadata) }
}

@_cdecl("actionclip_model_label_note") @implementation
public func actionclip_model_label_note(
  _ model: OpaquePointer!, _ label: UnsafePointer<CChar>!, _ text_out: UnsafeMutablePointer<CChar>!,
  _ text_capacity: Int, _ text_size_out: UnsafeMutablePointer<Int>!
) -> Int32 {
  longCall { () throws(Failure) in
    let loaded = try Handle.resolve(model, LoadedModel.self)
    let capacity = text_capacity == 0 ? 0 : try count(text_capacity, "text_capacity")
    let size = try required(text_size_out, "text_size_out")
    let label = try label.map { (label) throws(Failure) in try bytes(label, "label") }
    try writeText(loaded.note(onLabel: label), to: text_out, capacity: capacity, size: size)
  }
}

@_cdecl("actionclip_model_sha256") @implementation
public func actionclip_model_sha256(_ model: OpaquePointer!) -> UnsafePointer<CChar>! {
  string(model, LoadedModel.self) { $0.sha256.cString(0) }
}
