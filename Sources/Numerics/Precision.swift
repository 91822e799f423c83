import System
import CKernels

/// What the factors of a product are held in. Sums are fp32 (exact integers for int8).
public enum Precision: Int32, Sendable, CaseIterable {
  case fp32 = 1
  /// Rounded to nearest even, weights and rows alike.
  case bf16
  /// Weights to 127 steps of each output's largest magnitude; rows, as they come, to 255 steps of their range.
  case int8

  public var name: String {
    switch self {
    case .fp32: "fp32"
    case .bf16: "bf16"
    case .int8: "int8"
    }
  }

  /// What rows between two products are held in, and attention computes in.
  public var between: Precision { self == .fp32 ? .fp32 : .bf16 }

  var kernel: ckernels_precision {
    switch self {
    case .fp32: CKERNELS_FP32
    case .bf16: CKERNELS_BF16
    case .int8: CKERNELS_INT8
    }
  }

  /// Numbers in the four bytes that the kernels count in.
  var together: Int { 1 << Int(kernel.rawValue) }

  /// The kernels that multiply in this precision on this processor: "avx512_vnni" for example.
  public var kernels: String { String(cString: ckernels_gemm_form(kernel)) }
}

public enum Activation: Sendable {
  case identity, quickGELU, relu
  /// With the exact error function.
  case gelu

  var kernel: ckernels_activation {
    switch self {
    case .identity: CKERNELS_IDENTITY
    case .quickGELU: CKERNELS_QUICK_GELU
    case .relu: CKERNELS_RELU
    case .gelu: CKERNELS_GELU
    }
  }
}
