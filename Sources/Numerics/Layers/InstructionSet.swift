import CProcessor

/// The instruction sets that kernels are compiled for. Raw values are those of the C API.
public enum InstructionSet: Int32, Sendable, CaseIterable {
  /// The instructions that every processor of the architecture has: SSE2, or NEON.
  case portable = 1
  // x86-64.
  case avx2, avxVNNI, avx512, avx512VNNI, avx512BF16, amx
  // aarch64.
  case neonDot, neonBF16, neonI8MM

  /// This architecture's instruction sets in order: a limit to one allows those before it.
  public static let ordered: [InstructionSet] = {
    #if arch(x86_64)
    [.portable, .avx2, .avxVNNI, .avx512, .avx512VNNI, .avx512BF16, .amx]
    #elseif arch(arm64)
    [.portable, .neonDot, .neonI8MM, .neonBF16]
    #else
    [.portable]
    #endif
  }()

  /// The names of this architecture's instruction sets, for messages: "portable, avx2, avx_vnni".
  public static var orderedNames: String { ordered.map(\.name).joined(separator: ", ") }

  public var name: String {
    switch self {
    case .portable: "portable"
    case .avx2: "avx2"
    case .avxVNNI: "avx_vnni"
    case .avx512: "avx512"
    case .avx512VNNI: "avx512_vnni"
    case .avx512BF16: "avx512_bf16"
    case .amx: "amx"
    case .neonDot: "neon_dot"
    case .neonBF16: "neon_bf16"
    case .neonI8MM: "neon_i8mm"
    }
  }

  /// Nil where no instruction set has this name.
  public init?(name: String) {
    guard let set = InstructionSet.allCases.first(where: { $0.name == name }) else { return nil }
    self = set
  }

  /// The features of a processor, bits of `cprocessor_feature`, that it adds to those before it.
  var added: UInt32 {
    let features: [cprocessor_feature] =
      switch self {
      case .portable: []
      case .avx2: [CPROCESSOR_AVX2, CPROCESSOR_FMA]
      case .avxVNNI: [CPROCESSOR_AVX_VNNI]
      case .avx512: [CPROCESSOR_AVX512F, CPROCESSOR_AVX512VL, CPROCESSOR_AVX512DQ, CPROCESSOR_AVX512BW]
      case .avx512VNNI: [CPROCESSOR_AVX512_VNNI]
      case .avx512BF16: [CPROCESSOR_AVX512_BF16, CPROCESSOR_FAST_AVX512_BF16]
      case .amx: [CPROCESSOR_AMX_TILE, CPROCESSOR_AMX_BF16, CPROCESSOR_AMX_INT8]
      case .neonDot: [CPROCESSOR_NEON_DOT]
      case .neonBF16: [CPROCESSOR_NEON_BF16]
      case .neonI8MM: [CPROCESSOR_NEON_I8MM]
      }
    return features.reduce(0) { $0 | $1.rawValue }
  }

  /// The set's position among those of this architecture; nil for a set of another architecture.
  private var position: Int? { InstructionSet.ordered.firstIndex(of: self) }

  /// Whether this architecture has it.
  public var isOfThisArchitecture: Bool { position != nil }

  /// The features that a limit to it allows: its own, and those of the instruction sets before it.
  var features: UInt32 {
    InstructionSet.ordered[...(position ?? 0)].reduce(0) { $0 | $1.added }
  }

  /// The lower of two limits, nil being none.
  public static func lower(_ a: InstructionSet?, _ b: InstructionSet?) -> InstructionSet? {
    guard let a, let b else { return a ?? b }
    return (a.position ?? 0) <= (b.position ?? 0) ? a : b
  }
}
