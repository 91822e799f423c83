import ArgumentParser
import CActionCLIP

/// Parses a SHA-256 in hexadecimal.
private func sha256(_ argument: String) throws -> String {
  guard argument.utf8.count == 64, argument.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit })
  else { throw ValidationError("expected 64 hexadecimal digits, as sha256sum prints them") }
  return argument
}

/// Options for loading a model. An option that is not given is as the checkpoint says.
struct ModelOptions: ParsableArguments {
  @Option(help: "Frames per video (default: as the checkpoint says, else 8).")
  var frames: Int32?

  @Option(help: "The temporal head (default: as the checkpoint says).")
  var head: Head?

  @Option(
    help: "In-network temporal shift; causal takes from past frames alone (default: as the checkpoint says).")
  var temporalShift: Shift?

  @Option(help: "Pre-network joint space-time tokens (default: as the checkpoint says).")
  var joint: Switch?

  @Option(
    help:
      "Frames on each side that a frame's tokens see, 0 to 3; Open-VCLIP's expand_temporal_view is 1 (default: as the checkpoint says)."
  )
  var temporalView: Int32?

  @Option(help: "The precision of the encoders (default: as the file says, else fp32).")
  var compute: Compute?

  @Option(
    help: "The encoders' activation, which weights do not tell (default: as the file says, else quickgelu).")
  var activation: EncoderActivation?

  @Option(
    help:
      "The highest instruction set to compute with (default: ACTIONCLIP_INSTRUCTIONS, else the processor's best)."
  )
  var instructions: Instructions?

  @Option(
    parsing: .unconditional,
    help:
      "Threads that compute, 1 to 256 (default, or 0: ACTIONCLIP_THREADS, else one per available processor).")
  var threads: Int32?

  @Option(
    help: ArgumentHelp(
      "CLIP's BPE merge list (.txt, .txt.gz) or tokenizer.json, or SigLIP's spiece.model (default: in the model's file, or beside it).",
      valueName: "path"))
  var tokenizer: FilePath?

  @Option(
    help: ArgumentHelp(
      "The SHA-256 that the model's file must have (default: any).", valueName: "hex"), transform: sha256(_:))
  var sha256: String?

  @Option(
    help: ArgumentHelp(
      "A CLIP file that gives what the weights lack: ViFi-CLIP's have no token embedding, a LoRA's no model.",
      valueName: "path"))
  var base: FilePath?

  @Option(
    help: ArgumentHelp(
      "The share of --base's weights in the model's, as Open-VCLIP mixes CLIP into its own (default: 0).",
      valueName: "0 to 1"))
  var baseShare: Double?

  @Option(
    help: ArgumentHelp(
      "The model's name in open_clip, such as ViT-B-16 or ViT-B-32/laion2b_s34b_b79k (default: as its open_clip_config.json says).",
      valueName: "name"), transform: Arguments.text)
  var openClipName: String?

  /// Loads the model; with `forSaving` its numbers stay in the files until it is saved, and it computes nothing.
  func load(_ path: FilePath?, hash: Bool = false, forSaving: Bool = false) throws(LibraryError) -> Model {
    var options = inLibrary
    if hash { options.compute_sha256 = Int32(ACTIONCLIP_ON) }
    if forSaving { options.for_saving = Int32(ACTIONCLIP_ON) }
    return try Model(
      path: path, options: options, tokenizer: tokenizer, base: base, expectedHash: sha256,
      openCLIPName: openClipName)
  }

  /// The sizes of the model in a precision (nil: the option's), without loading it. The seconds of a video are
  /// 0 unless this machine's speed is measured.
  func plan(
    _ path: FilePath?, in precision: Compute? = nil, measuring: Bool
  ) throws(LibraryError) -> (info: actionclip_model_info, seconds: Double) {
    var options = inLibrary
    if let precision { options.compute_type = precision.code }
    return try Model.plan(
      path: path, options: options, measuring: measuring, tokenizer: tokenizer, base: base,
      expectedHash: sha256,
      openCLIPName: openClipName)
  }

  private var inLibrary: actionclip_model_options {
    var options = Model.defaultOptions
    if let frames { options.frames = frames }
    if let head { options.head = head.code }
    if let temporalShift { options.temporal_shift = temporalShift.code }
    if let joint { options.joint = joint.code }
    if let temporalView { options.temporal_view = temporalView == 0 ? -1 : temporalView }
    if let threads { options.threads = threads }
    if let compute { options.compute_type = compute.code }
    if let baseShare { options.base_share = baseShare }
    if let activation { options.activation = activation.code }
    if let instructions { options.instructions = instructions.code }
    return options
  }

  /// The options that change the model, as "name=value", where they were given.
  var given: [String] {
    let choices: [(String, String?)] = [
      ("frames", frames.map(String.init)), ("head", head?.rawValue),
      ("temporal-shift", temporalShift?.rawValue), ("temporal-view", temporalView.map(String.init)),
      ("joint", joint?.rawValue), ("compute", compute?.rawValue), ("activation", activation?.rawValue),
      ("base", base?.shown), ("base-share", baseShare.map { "\($0)" }), ("open-clip-name", openClipName),
    ]
    return choices.compactMap { name, value in value.map { "\(name)=\(printable($0))" } }
  }
}

extension ArgumentHelp {
  /// The help of --model where a model has a default.
  static var model: ArgumentHelp {
    ArgumentHelp(
      "The model's file or folder, or its name in Hugging Face (default: the default model).",
      valueName: "path")
  }
}
