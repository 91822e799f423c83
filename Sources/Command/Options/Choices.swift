import ArgumentParser
import CActionCLIP

/// Temporal heads by the names that models' files have (paper section 3.3).
enum Head: String, CaseIterable, ExpressibleByArgument {
  case meanP = "MeanP", conv1D = "Conv_1D", lstm = "LSTM", transf = "Transf", transfCls = "Transf_cls"
  case mit = "MIT"

  init?(argument: String) { self.init(name: argument) }

  /// Case does not matter, and "-" equals "_".
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
    case .mit: Int32(ACTIONCLIP_HEAD_MIT)
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

/// The form of the temporal shift.
enum Shift: String, CaseIterable, ExpressibleByArgument {
  case on, off, causal

  var code: Int32 {
    switch self {
    case .on: Int32(ACTIONCLIP_ON)
    case .off: Int32(ACTIONCLIP_OFF)
    case .causal: Int32(ACTIONCLIP_CAUSAL)
    }
  }

  /// The form that a loaded model has.
  static func of(_ info: actionclip_model_info) -> Shift {
    info.shift_causal != 0 ? .causal : info.temporal_shift != 0 ? .on : .off
  }
}

/// The precision that the encoders compute in.
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

/// The highest instruction set of this architecture that the network is computed with; `auto` is no limit.
enum Instructions: String, CaseIterable, ExpressibleByArgument {
  case auto, portable
  #if arch(x86_64)
  case avx2, avx_vnni, avx512, avx512_vnni, avx512_bf16, amx
  #elseif arch(arm64)
  case neon_dot, neon_i8mm, neon_bf16
  #endif

  var code: Int32 {
    switch self {
    case .auto: Int32(ACTIONCLIP_INSTRUCTIONS_AUTO)
    case .portable: Int32(ACTIONCLIP_INSTRUCTIONS_PORTABLE)
    #if arch(x86_64)
    case .avx2: Int32(ACTIONCLIP_INSTRUCTIONS_AVX2)
    case .avx_vnni: Int32(ACTIONCLIP_INSTRUCTIONS_AVX_VNNI)
    case .avx512: Int32(ACTIONCLIP_INSTRUCTIONS_AVX512)
    case .avx512_vnni: Int32(ACTIONCLIP_INSTRUCTIONS_AVX512_VNNI)
    case .avx512_bf16: Int32(ACTIONCLIP_INSTRUCTIONS_AVX512_BF16)
    case .amx: Int32(ACTIONCLIP_INSTRUCTIONS_AMX)
    #elseif arch(arm64)
    case .neon_dot: Int32(ACTIONCLIP_INSTRUCTIONS_NEON_DOT)
    case .neon_i8mm: Int32(ACTIONCLIP_INSTRUCTIONS_NEON_I8MM)
    case .neon_bf16: Int32(ACTIONCLIP_INSTRUCTIONS_NEON_BF16)
    #endif
    }
  }

  static func name(of code: Int32) -> String {
    allCases.first { $0.code == code }?.rawValue ?? "unknown (\(code))"
  }
}

/// The activation of the encoders' MLPs.
enum EncoderActivation: String, CaseIterable, ExpressibleByArgument {
  case quickGELU = "quickgelu"
  case gelu
  case tanhGELU = "gelu-tanh"

  var code: Int32 {
    switch self {
    case .quickGELU: Int32(ACTIONCLIP_ACTIVATION_QUICK_GELU)
    case .gelu: Int32(ACTIONCLIP_ACTIVATION_GELU)
    case .tanhGELU: Int32(ACTIONCLIP_ACTIVATION_TANH_GELU)
    }
  }

  static func name(of code: Int32) -> String {
    switch allCases.first(where: { $0.code == code }) {
    case .quickGELU: "QuickGELU"
    case .gelu: "GELU"
    case .tanhGELU: "GELU-tanh"
    case nil: "unknown (\(code))"
    }
  }
}

/// The type in which a file stores the model's matrices.
enum Storage: String, CaseIterable, ExpressibleByArgument {
  case fp32, fp16, bf16, int8

  var code: Int32 {
    switch self {
    case .fp32: Int32(ACTIONCLIP_STORAGE_FP32)
    case .fp16: Int32(ACTIONCLIP_STORAGE_FP16)
    case .bf16: Int32(ACTIONCLIP_STORAGE_BF16)
    case .int8: Int32(ACTIONCLIP_STORAGE_INT8)
    }
  }

  /// The precision below fp32 in which a model holds its matrices as they are stored so.
  var compute: Compute? {
    switch self {
    case .fp32, .fp16: nil
    case .bf16: .bf16
    case .int8: .int8
    }
  }
}

enum Decode: String, CaseIterable, ExpressibleByArgument {
  case needed, all
  case keyFrames = "key-frames"
  var code: Int32 {
    switch self {
    case .needed: Int32(ACTIONCLIP_DECODE_NEEDED)
    case .all: Int32(ACTIONCLIP_DECODE_ALL)
    case .keyFrames: Int32(ACTIONCLIP_DECODE_KEY_FRAMES)
    }
  }
}

/// Names of the rules by which frames are chosen.
enum Sampling {
  static func name(of code: Int32) -> String {
    switch code {
    case Int32(ACTIONCLIP_SAMPLING_ACTIONCLIP): "actionclip"
    case Int32(ACTIONCLIP_SAMPLING_MMACTION2): "mmaction2"
    case Int32(ACTIONCLIP_SAMPLING_OPEN_VCLIP): "open-vclip"
    case Int32(ACTIONCLIP_SAMPLING_OPEN_VCLIP_START): "open-vclip-start"
    case Int32(ACTIONCLIP_SAMPLING_OPEN_VCLIP_END): "open-vclip-end"
    default: "unknown (\(code))"
    }
  }
}

enum Resize: String, CaseIterable, ExpressibleByArgument {
  case actionclip, clip, mmaction2
  case huggingFace = "hugging-face"
  case square
  case squareBilinear = "square-bilinear"
  case huggingFaceBilinear = "hugging-face-bilinear"
  case clipBilinear = "clip-bilinear"
  var code: Int32 {
    switch self {
    case .actionclip: Int32(ACTIONCLIP_RESIZE_ACTIONCLIP)
    case .clip: Int32(ACTIONCLIP_RESIZE_CLIP)
    case .mmaction2: Int32(ACTIONCLIP_RESIZE_MMACTION2)
    case .huggingFace: Int32(ACTIONCLIP_RESIZE_HUGGING_FACE)
    case .square: Int32(ACTIONCLIP_RESIZE_SQUARE)
    case .squareBilinear: Int32(ACTIONCLIP_RESIZE_SQUARE_BILINEAR)
    case .huggingFaceBilinear: Int32(ACTIONCLIP_RESIZE_HUGGING_FACE_BILINEAR)
    case .clipBilinear: Int32(ACTIONCLIP_RESIZE_CLIP_BILINEAR)
    }
  }
  static func name(of code: Int32) -> String {
    allCases.first { $0.code == code }?.rawValue ?? "unknown (\(code))"
  }
}
