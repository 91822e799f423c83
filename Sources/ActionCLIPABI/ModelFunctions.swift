import CActionCLIP
import System
import Families
import Glibc
import Model
import Numerics
import Weights

// Load weights, model information.

/// Sizes of the first version of each struct: callers built against it stay welcome.
private let oldestModelOptions = 40
private let oldestModelInfo = 96

private var defaultModelOptions: actionclip_model_options { actionclip_model_options() }

@_cdecl("actionclip_model_options_init_sized") @implementation
public func actionclip_model_options_init_sized(
  _ options: UnsafeMutablePointer<actionclip_model_options>!, _ struct_size: Int
) {
  SizedStruct.initialize(
    options, size: struct_size, defaults: defaultModelOptions, oldest: oldestModelOptions)
}

@_cdecl("actionclip_model_load") @implementation
public func actionclip_model_load(
  _ path: UnsafePointer<CChar>!, _ options: UnsafePointer<actionclip_model_options>!,
  _ model_out: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
  longCall { () throws(Failure) in
    let out = try required(model_out, "model_out")
    let options = try SizedStruct.read(
      options, defaults: defaultModelOptions, oldest: oldestModelOptions, "options")
    out.pointee =
      if let path {
        try HubCache.withPath(path) { (path) throws(Failure) in try load(path, options) }
      } else {
        try DefaultModel.path().withUnsafeBufferPointer { (path) throws(Failure) in
          try load(required(path.baseAddress, "path"), options)
        }
      }
  }
}

private func load(
  _ path: UnsafePointer<CChar>, _ options: actionclip_model_options
) throws(Failure) -> OpaquePointer {
  let wanted = try checkpointOptions(options)
  let weights: Checkpoint
  weights = try Checkpoint(FilePath(path), wanted)
  return try Handle.make(LoadedModel(weights, path: path, options: options))
}

@_cdecl("actionclip_model_load_buffer") @implementation
public func actionclip_model_load_buffer(
  _ data: UnsafeRawPointer!, _ size: Int, _ options: UnsafePointer<actionclip_model_options>!,
  _ model_out: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
  longCall { () throws(Failure) in
    guard let data else { throw .argument("data is NULL") }
    let size = try count(size, "size")
    let out = try required(model_out, "model_out")
    let options = try SizedStruct.read(
      options, defaults: defaultModelOptions, oldest: oldestModelOptions, "options")
    let wanted = try checkpointOptions(options)
    let weights: Checkpoint
    weights = try Checkpoint(bytes: UnsafeRawBufferPointer(start: data, count: size), wanted)
    out.pointee = try Handle.make(LoadedModel(weights, path: nil, options: options))
  }
}

private func checkpointOptions(
  _ options: actionclip_model_options
) throws(Failure) -> CheckpointOptions {
  var wanted = CheckpointOptions()
  wanted.hashing = try hashing(options)
  wanted.base = try options.base_path.map { (path) throws(Failure) in
    try HubCache.withPath(path) { FilePath($0) }
  }
  wanted.openCLIPName = try options.open_clip_name.map { (name) throws(Failure) in
    try string(name, "open_clip_name")
  }
  wanted.knowsActivation = options.activation != ACTIONCLIP_ACTIVATION_AS_CHECKPOINT
  return wanted
}

@_cdecl("actionclip_model_family") @implementation
public func actionclip_model_family(_ model: OpaquePointer!) -> UnsafePointer<CChar>! {
  var found: UnsafePointer<CChar>?
  _ = boundary { () throws(Failure) in
    found = cString(try Handle.object(model, LoadedModel.self).family.staticName)
  }
  return found
}

@_cdecl("actionclip_model_assumption") @implementation
public func actionclip_model_assumption(_ model: OpaquePointer!, _ index: Int32) -> UnsafePointer<CChar>! {
  var found: UnsafePointer<CChar>?
  _ = boundary { () throws(Failure) in
    let lines = try Handle.object(model, LoadedModel.self).assumptions
    found = lines.indices.contains(Int(index)) ? cString(lines[Int(index)]) : nil
  }
  return found
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
    let loaded = try Handle.object(model, LoadedModel.self)
    let c = loaded.configuration
    var info = actionclip_model_info()
    info.file_type =
      switch loaded.format {
      case .safetensors: ACTIONCLIP_FILE_SAFETENSORS
      case .torch: ACTIONCLIP_FILE_TORCH
      case .torchScript: ACTIONCLIP_FILE_TORCHSCRIPT
      }
    // Sizes were bounded when the model was loaded.
    info.image_size = Int32(clamping: c.imageSize)
    info.patch_size = Int32(clamping: c.patchSize)
    info.vision_width = Int32(clamping: c.visionWidth)
    info.vision_layers = Int32(clamping: c.visionLayers)
    info.vision_heads = Int32(clamping: c.visionHeads)
    info.embedding_size = Int32(clamping: c.embeddingSize)
    info.text_width = Int32(clamping: c.textWidth)
    info.text_layers = Int32(clamping: c.textLayers)
    info.text_heads = Int32(clamping: c.textHeads)
    info.context_length = Int32(clamping: c.contextLength)
    info.vocabulary_size = Int32(clamping: c.vocabularySize)
    info.frames = Int32(clamping: c.frames)
    info.joint = c.joint ? 1 : 0
    info.temporal_shift = c.temporalShift ? 1 : 0
    info.head = c.head.rawValue
    info.compute_type = loaded.model.precision.rawValue
    info.threads = Int32(clamping: loaded.model.threads)
    info.has_tokenizer = loaded.tokenizer == nil ? 0 : 1
    info.logit_scale = loaded.model.logitScale
    info.heads_assumed = c.headsAreAssumed ? 1 : 0
    info.parameters = loaded.model.parameters.reduce(0) { $0 + Int64($1.count) }
    let memory = loaded.model.memory
    info.weight_bytes = Int64(memory.weights)
    info.video_bytes = Int64(memory.video)
    info.text_bytes = Int64(memory.text)
    info.activation = c.activation.rawValue
    info.activation_assumed = c.activationIsAssumed ? 1 : 0
    try SizedStruct.write(info, to: info_out, oldest: oldestModelInfo, "info_out")
  }
}
