import CKernels

/// The function that a product applies to its results.
public enum Activation: Sendable {
  case identity, quickGELU, relu
  /// GELU with the exact error function.
  case gelu
  /// GELU as torch approximates it by tanh ("gelu_pytorch_tanh").
  case tanhGELU

  var kernel: ckernels_activation {
    switch self {
    case .identity: CKERNELS_IDENTITY
    case .quickGELU: CKERNELS_QUICK_GELU
    case .relu: CKERNELS_RELU
    case .gelu: CKERNELS_GELU
    case .tanhGELU: CKERNELS_TANH_GELU
    }
  }
}
