import CKernels
import CProcessor

/// The kernels that a model's layers compute with, in each precision. The bits of results and the sizes of working
/// memory depend on them, so a model chooses once, at load, and its layers share the choice.
public struct Kernels: @unchecked Sendable {  // its pointers are to constants
  let choice: ckernels_choice

  /// The fastest kernels that this processor runs.
  public init() { choice = ckernels_choose(cprocessor_features()) }

  /// The instruction set of products in a precision: "avx512_bf16" for example.
  public func instructionSet(_ precision: Precision) -> String {
    String(cString: ckernels_gemm_isa_name(choice, precision.kernel))
  }

  /// The precision of activations between two products in `precision`, and of attention: fp32 or bf16.
  public func activationPrecision(_ precision: Precision) -> Precision {
    ckernels_activations(choice, precision.kernel) == CKERNELS_FP32 ? .fp32 : .bf16
  }
}
