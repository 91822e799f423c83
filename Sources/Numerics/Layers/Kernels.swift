import CKernels
import CProcessor

/// The kernels that a model's layers compute with, in each precision. The bits of results and the sizes of working
/// memory depend on them, so a model chooses once, at load, and its layers share the choice.
public struct Kernels: @unchecked Sendable {  // its pointers are to constants
  let choice: ckernels_choice

  /// The fastest kernels for a model of a precision that need no instruction set beyond `limit`; nil is no limit. For
  /// bf16 and int8 on a processor with tiles, this asks Linux for permission to use them; a refusal is no error, and
  /// other kernels serve.
  public init(for precision: Precision, upTo limit: InstructionSet? = nil) {
    let features = Kernels.features(
      for: precision, upTo: limit, detected: cprocessor_detected(),
      askForTiles: { cprocessor_ask_for_tiles() != 0 })
    self.init(features: features)
  }

  /// The fastest kernels that need no other features than these, bits of `cprocessor_feature`.
  init(features: UInt32) { choice = ckernels_choose(features) }

  /// The features of a processor, as bits of `cprocessor_feature`, that a model of a precision computes with.
  /// `askForTiles` says whether the process may use tiles; it is called only if the model would.
  static func features(
    for precision: Precision, upTo limit: InstructionSet?, detected: UInt32, askForTiles: () -> Bool
  ) -> UInt32 {
    let allowed = limit.map { detected & $0.features } ?? detected
    let others = allowed & ~InstructionSet.amx.added
    guard precision != .fp32, allowed != others, askForTiles() else { return others }
    return allowed
  }

  /// The instruction set of products in a precision.
  public func products(_ precision: Precision) -> InstructionSet {
    InstructionSet(kernels: ckernels_gemm_isa_name(choice, precision.kernel))
  }

  /// The instruction set of row kernels: LayerNorm, softmax and conversions.
  public var rows: InstructionSet { InstructionSet(kernels: ckernels_row_isa_name(choice)) }

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

extension InstructionSet {
  /// The instruction set of kernels, by their name in `CKernels`, where every name is one of `InstructionSet`.
  fileprivate init(kernels name: UnsafePointer<CChar>) {
    self = InstructionSet(name: String(cString: name)) ?? .portable
  }
}
