import System
import Glibc
import Numerics
import Weights

extension ActionCLIP {
  /// Builds the model from a file's tensors, named as in the reference's state dict, those of the
  /// post-network head under "fusion.".
  ///
  /// `declaresOptions` is true of the reference's own checkpoints, whose names say everything about
  /// how they were trained: without the shift's names there was no shift. Plain CLIP weights say
  /// nothing, and shift may be switched on over them as the reference does when it starts training.
  /// `declared` is what the file's metadata say. `describeUnknown` adds words to the refusal of a tensor that no part
  /// of the model uses.
  public convenience init(
    _ source: any TensorSource, options: LoadOptions, declared: DeclaredOptions = DeclaredOptions(),
    declaresOptions: Bool, describeUnknown: (_ name: String) -> String = { _ in "" }
  ) throws(ModelError) {
    let precision = options.precision ?? declared.precision ?? .fp32
    let reader = ParameterReader(source, compute: precision, pool: ThreadPool(threads: options.threads))
    let (configuration, blockInfix) = try Configuration.infer(
      reader, options, declared, declaresOptions: declaresOptions)
    let vision = try VisionTransformer(reader, configuration, blockInfix: blockInfix)
    let text = try TextTransformer(reader, configuration)
    let pooling = configuration.joint ? .meanP : try TemporalPooling(reader, configuration)
    var logitScale: Float = 100
    if reader.has("logit_scale") {
      // A single number, which some writers keep as a list of one.
      let shape = reader.source.info("logit_scale")?.shape == [1] ? [1] : []
      let logarithm = try reader.tensor("logit_scale", shape)[0]
      logitScale = expf(logarithm)
      guard logitScale.isFinite else {
        throw ModelError(.notFinite, "tensor 'logit_scale' is \(logarithm), whose exp overflows fp32")
      }
    }
    try ActionCLIP.refuseUnknown(reader, configuration, describeUnknown)
    self.init(
      configuration: configuration, logitScale: logitScale, parameters: reader.parameters,
      vision: vision, text: text, pooling: pooling, precision: precision,
      pool: ThreadPool(threads: options.threads, processors: options.processors))
  }

  /// Buffers that CLIP files carry and that say nothing new.
  private static let ignorable: Set<String> = [
    "input_resolution", "context_length", "vocab_size", "attn_mask",
  ]

  /// TorchScript keeps the causal mask in every block of text; the same in a block of vision would be another model.
  private static func isIgnorable(_ name: String) -> Bool {
    ignorable.contains(name) || name.hasPrefix("transformer.resblocks.") && name.hasSuffix(".attn_mask")
  }

  /// A tensor that nothing used means another architecture: its numbers would be quietly wrong.
  private static func refuseUnknown(
    _ reader: ParameterReader, _ configuration: Configuration, _ describe: (_ name: String) -> String
  ) throws(ModelError) {
    for name in reader.source.names
    where !reader.taken.contains(name) && !isIgnorable(name) {
      if name.hasPrefix("fusion."), configuration.joint {
        throw ModelError(
          .optionConflict,
          "the checkpoint is joint (it has 'visual.time_embedding') and also has the head tensor"
            + " '\(name)'; a joint model has no head")
      }
      throw Failure(
        .unsupported,
        "tensor '\(name)' belongs to no part of ActionCLIP that this version knows\(describe(name))")
    }
  }
}
