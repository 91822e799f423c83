import System
import CKernels

/// The number format of a product's operands. Sums are fp32, and exact integers for int8.
public enum Precision: Int32, Sendable, CaseIterable {
  case fp32 = 1
  /// Weights are rounded to nearest even, and activations too where the processor multiplies bf16 faster than fp32.
  case bf16
  /// Weights are rounded to 127 steps of each output's largest magnitude, activations to 255 steps of their row's
  /// range; both are rotated before (CKernels.h), so that few steps are lost to large numbers.
  case int8

  public var name: String {
    switch self {
    case .fp32: "fp32"
    case .bf16: "bf16"
    case .int8: "int8"
    }
  }

  /// This precision, or `minimum` if that is higher.
  public func bounded(by minimum: Precision) -> Precision { rawValue < minimum.rawValue ? self : minimum }

  var kernel: ckernels_precision {
    switch self {
    case .fp32: CKERNELS_FP32
    case .bf16: CKERNELS_BF16
    case .int8: CKERNELS_INT8
    }
  }

  /// Elements in four bytes, the kernels' unit of strides.
  var elementsPerDword: Int { 1 << Int(kernel.rawValue) }
}
