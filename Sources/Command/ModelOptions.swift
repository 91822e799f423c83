import ArgumentParser
import CActionCLIP

/// Post-network heads in the reference's spelling (paper section 3.3).
enum Head: String, CaseIterable, ExpressibleByArgument {
  case meanP, conv1D = "Conv_1D", lstm = "LSTM", transf = "Transf", transfCls = "Transf_cls"

  init?(argument: String) { self.init(name: argument) }

  /// Upper and lower case are the same, and so are "-" and "_".
  init?(name: String) {
    func key(_ text: String) -> String { String(text.lowercased().map { $0 == "-" ? "_" : $0 }) }
    guard let head = Head.allCases.first(where: { key($0.rawValue) == key(name) }) else { return nil }
    self = head
  }

  var code: Int32 {
    switch self {
    case .meanP: Int32(ACTIONCLIP_HEAD_MEANP)
    case .conv1D: Int32(ACTIONCLIP_HEAD_CONV_1D)
    case .lstm: Int32(ACTIONCLIP_HEAD_LSTM)
    case .transf: Int32(ACTIONCLIP_HEAD_TRANSF)
    case .transfCls: Int32(ACTIONCLIP_HEAD_TRANSF_CLS)
    }
  }

  static func name(of code: Int32) -> String {
    allCases.first { $0.code == code }?.rawValue ?? "unknown (\(code))"
  }
}

enum Switch: String, CaseIterable, ExpressibleByArgument {
  case on, off

  init(_ value: Bool) { self = value ? .on : .off }
  var code: Int32 { Int32(self == .on ? ACTIONCLIP_ON : ACTIONCLIP_OFF) }
}

/// What the encoders compute in.
enum Compute: String, CaseIterable, ExpressibleByArgument {
  case fp32, bf16, int8

  var code: Int32 {
    switch self {
    case .fp32: Int32(ACTIONCLIP_COMPUTE_FP32)
    case .bf16: Int32(ACTIONCLIP_COMPUTE_BF16)
    case .int8: Int32(ACTIONCLIP_COMPUTE_INT8)
    }
  }

  static func name(of code: Int32) -> String {
    allCases.first { $0.code == code }?.rawValue ?? "unknown (\(code))"
  }
}

/// Choices made when a model is loaded. What is not given is as the checkpoint says.
struct ModelOptions: ParsableArguments {
  @Option(help: "Frames per video (default: as the checkpoint says, else 8).")
  var frames: Int32?

  @Option(help: "What joins the frames (default: as the checkpoint says).")
  var head: Head?

  @Option(help: "In-network temporal shift (default: as the checkpoint says).")
  var temporalShift: Switch?

  @Option(help: "Pre-network joint space-time tokens (default: as the checkpoint says).")
  var joint: Switch?

  @Option(help: "What the encoders compute in (default: as the file says, else fp32).")
  var compute: Compute?

  @Option(help: "Threads that compute (default: one per available processor).")
  var threads: Int32?

  @Option(
    help: ArgumentHelp(
      "CLIP's BPE merge list (.txt, .txt.gz) or tokenizer.json (default: in the model's file, or beside it).",
      valueName: "path"))
  var tokenizer: FilePath?

  func load(_ path: FilePath?) throws(LibraryError) -> Model {
    try Model(
      path: path, frames: frames, head: head, temporalShift: temporalShift, joint: joint,
      threads: threads, tokenizer: tokenizer, compute: compute)
  }
}

extension Model {
  convenience init(
    path: FilePath?, frames: Int32? = nil, head: Head? = nil, temporalShift: Switch? = nil,
    joint: Switch? = nil, threads: Int32? = nil, tokenizer: FilePath? = nil,
    compute: Compute? = nil
  ) throws(LibraryError) {
    var options = actionclip_model_options()
    actionclip_model_options_init(&options)
    if let frames { options.frames = frames }
    if let head { options.head = head.code }
    if let temporalShift { options.temporal_shift = temporalShift.code }
    if let joint { options.joint = joint.code }
    if let threads { options.threads = threads }
    if let compute { options.compute_type = compute.code }
    try self.init(path: path, options: options, tokenizer: tokenizer)
  }
}
