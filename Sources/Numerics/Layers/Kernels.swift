import CKernels
import CProcessor

/// The kernels that a model's layers compute with, in each precision. The bits of results and the sizes of working
/// memory depend on them, so a model chooses once, at load, and its layers share the choice.
public struct Kernels: @unchecked Sendable {  // its pointers are to constants
  let choice: ckernels_choice

  /// The fastest kernels for a model of a precision. For bf16 and int8 on a processor with tiles, this asks Linux for
  /// permission to use them; a refusal is no error, and other kernels serve.
  public init(for precision: Precision) {
    let features = Kernels.features(
      for: precision, detected: cprocessor_detected(), askForTiles: { cprocessor_ask_for_tiles() != 0 })
    choice = ckernels_choose(features)
  }

  private static let tiles =
    CPROCESSOR_AMX_TILE.rawValue | CPROCESSOR_AMX_BF16.rawValue | CPROCESSOR_AMX_INT8.rawValue

  /// The features of a processor, as bits of `cprocessor_feature`, that a model of a precision computes with.
  /// `askForTiles` says whether the process may use tiles; it is called only if the model would.
  static func features(for precision: Precision, detected: UInt32, askForTiles: () -> Bool) -> UInt32 {
    let others = detected & ~tiles
    guard precision != .fp32, detected & CPROCESSOR_AMX_TILE.rawValue != 0, askForTiles() else {
      return others
    }
    return detected
  }

  /// The instruction set of products in a precision: "avx512_bf16" for example.
  public func instructionSet(_ precision: Precision) -> String {
    String(cString: ckernels_gemm_isa_name(choice, precision.kernel))
  }

  /// The precision of the input of products in `precision`: the same, but fp32 for bf16 where the processor multiplies
  /// bf16 no faster than fp32, and weights are expanded.
  func inputPrecision(_ precision: Precision) -> Precision {
    ckernels_inputs(choice, precision.kernel) == CKERNELS_FP32 ? .fp32 : precision
  }

  /// The precision of activations between two products in `precision`, and of attention: fp32 or bf16.
  public func activationPrecision(_ precision: Precision) -> Precision {
    ckernels_activations(choice, precision.kernel) == CKERNELS_FP32 ? .fp32 : .bf16
  }
}
