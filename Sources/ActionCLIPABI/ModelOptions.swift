import CActionCLIP
import CShims
import Digest
import Glibc
import Model
import Numerics
import Session
import System
import Text
import Weights

// Checks options of loading in the C struct, and converts them to Swift's. Messages name the field.

/// The size in bytes of the struct's first version, the smallest one that is accepted.
private let oldest = 40

extension ModelOptions {
  static var cDefaults: actionclip_model_options { actionclip_model_options() }

  static func initialize(_ options: UnsafeMutablePointer<actionclip_model_options>?, size: Int) {
    SizedStruct.initialize(options, size: size, defaults: cDefaults, oldest: oldest)
  }

  /// Checks and converts the caller's options; NULL gives the defaults.
  init(_ pointer: UnsafePointer<actionclip_model_options>?) throws(Failure) {
    let options = try SizedStruct.read(pointer, defaults: ModelOptions.cDefaults, oldest: oldest, "options")
    self.init()
    network = try LoadOptions(options)
    hashing = try HashRequest(options)
    tokenizer = options.tokenizer_path.map { FilePath($0) }
    base = options.base_path.map { FilePath($0) }
    guard options.base_share >= 0, options.base_share < 1 else {
      throw .argument("base_share is \(options.base_share), expected 0 to below 1")
    }
    guard options.base_share == 0 || base != nil else {
      throw Failure(
        .optionConflict,
        "base_share is \(options.base_share), but there is no base to mix with (option base_path)")
    }
    baseShare = options.base_share
    isForSaving = try choice(options.for_saving, "for_saving") ?? false
    openCLIPName = try options.open_clip_name.map { (name) throws(Failure) in
      try string(name, "open_clip_name")
    }
  }
}

extension LoadOptions {
  fileprivate init(_ options: actionclip_model_options) throws(Failure) {
    guard (-1...Configuration.maximumView).contains(Int(options.temporal_view)) else {
      throw .argument(
        "temporal_view is \(options.temporal_view), expected -1 to \(Configuration.maximumView) frames")
    }
    guard (0...Configuration.maximumFrames).contains(Int(options.frames)) else {
      throw .argument(
        "frames is \(options.frames), expected 0 to \(Configuration.maximumFrames)")
    }
    guard options.reserved == 0, options.reserved_2 == 0 else {
      throw .argument("options: reserved or reserved_2 is not 0")
    }
    let processors = try processorList(options)
    self.init(
      joint: try choice(options.joint, "joint"),
      temporalShift: try choice(
        options.temporal_shift, "temporal_shift", "ACTIONCLIP_AS_CHECKPOINT, _ON, _OFF or _CAUSAL",
        ShiftForm.init(rawValue:)),
      head: try choice(options.head, "head", "ACTIONCLIP_HEAD_*", TemporalHeadKind.init(rawValue:)),
      frames: options.frames == 0 ? nil : Int(options.frames),
      threads: options.threads == 0 && !processors.isEmpty
        ? min(processors.count, 256) : try threadCount(options.threads, "threads"),
      processors: processors,
      precision: try choice(
        options.compute_type, "compute_type", "ACTIONCLIP_COMPUTE_*", Precision.init(rawValue:)),
      instructions: try instructionLimit(options.instructions),
      activation: try choice(
        options.activation, "activation", "ACTIONCLIP_ACTIVATION_*", EncoderActivation.init(rawValue:)),
      temporalView: options.temporal_view == 0 ? nil : max(0, Int(options.temporal_view)))
  }
}

/// Converts the value of a C constant with `find`; 0 gives nil, as the checkpoint says.
private func choice<Value>(
  _ value: Int32, _ name: String, _ constants: String, _ find: (Int32) -> Value?
) throws(Failure) -> Value? {
  if value == 0 { return nil }
  guard let chosen = find(value) else {
    throw .argument("\(name) is \(value), expected \(constants)")
  }
  return chosen
}

private func instructionLimit(_ value: Int32) throws(Failure) -> InstructionSet? {
  let limit = try choice(
    value, "instructions", "ACTIONCLIP_INSTRUCTIONS_*, 0 to \(InstructionSet.allCases.count)",
    InstructionSet.init(rawValue:))
  if let limit, !limit.isOfThisArchitecture {
    throw .argument(
      "instructions is \(limit.name), which this processor's architecture does not have; it has "
        + InstructionSet.orderedNames)
  }
  return limit
}

/// Converts ACTIONCLIP_AS_CHECKPOINT, _ON or _OFF to nil, true or false.
private func choice(_ value: Int32, _ name: String) throws(Failure) -> Bool? {
  switch value {
  case ACTIONCLIP_AS_CHECKPOINT: return nil
  case ACTIONCLIP_ON: return true
  case ACTIONCLIP_OFF: return false
  default:
    throw .argument(
      "\(name) is \(value), expected ACTIONCLIP_AS_CHECKPOINT, _ON or _OFF")
  }
}

private func processorList(_ options: actionclip_model_options) throws(Failure) -> [Int32] {
  guard let processors = options.processors else {
    guard options.processor_count == 0 else {
      throw .argument("processors is NULL but processor_count is \(options.processor_count)")
    }
    return []
  }
  guard (1...1024).contains(options.processor_count) else {
    throw .argument("processor_count is \(options.processor_count), expected 1 to 1024")
  }
  let list = Array(UnsafeBufferPointer(start: processors, count: options.processor_count))
  for (index, processor) in list.enumerated() where cshims_is_processor(processor) == 0 {
    throw .argument("processors[\(index)] is \(processor), expected 0 to 1023")
  }
  return list
}

extension HashRequest {
  fileprivate init(_ options: actionclip_model_options) throws(Failure) {
    guard [ACTIONCLIP_AS_CHECKPOINT, ACTIONCLIP_ON, ACTIONCLIP_OFF].contains(options.compute_sha256) else {
      throw .argument(
        "compute_sha256 is \(options.compute_sha256), expected 0, ACTIONCLIP_ON or ACTIONCLIP_OFF")
    }
    guard let expected = options.expected_sha256 else {
      self = options.compute_sha256 == ACTIONCLIP_ON ? .compute : .none
      return
    }
    // Reads one byte more than allowed, so that a longer text is refused.
    let text = UnsafeRawBufferPointer(start: expected, count: strnlen(expected, 65))
    guard let digest = SHA256.Digest(hexadecimal: text) else {
      throw .argument(
        "expected_sha256 is \(quoted(text, limit: 64)), expected 64 hexadecimal digits (or NULL for any file)"
      )
    }
    self = .expect(digest)
  }
}

/// The number of threads that an option asks for; 0 gives the default number.
func threadCount(_ value: Int32, _ name: String) throws(Failure) -> Int {
  let most = DefaultThreads.maximum
  guard (0...most).contains(Int(value)) else { throw .argument("\(name) is \(value), expected 0 to \(most)") }
  return value > 0 ? Int(value) : try DefaultThreads.count()
}
