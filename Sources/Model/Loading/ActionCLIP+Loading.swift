import System
import Glibc
import Numerics
import TensorNames
import Weights

extension ActionCLIP {
  /// Builds the model from a file's tensors, which have the names of `TensorNames`.
  ///
  /// `declared` are the options in the file's metadata. `declaresOptions` is true of the reference's own checkpoints,
  /// whose names say everything about how they were trained: without the shift's names there was no shift. Plain CLIP
  /// weights say nothing, and shift may be switched on over them as the reference does when it starts training.
  /// `describeUnknown` adds words to the refusal of a tensor that no part of the model uses.
  public convenience init(
    _ source: any TensorSource, options: LoadOptions, declared: DeclaredOptions = DeclaredOptions(),
    declaresOptions: Bool, describeUnknown: (_ name: String) -> String = { _ in "" }
  ) throws(Failure) {
    let precision = options.precision ?? declared.precision ?? .fp32
    let kernels = Kernels(for: precision, upTo: options.instructions)
    let reader = ParameterReader(
      source, compute: precision, kernels: kernels, pool: ThreadPool(threads: options.threads)
    )
    reader.roundsTables = !options.isForTraining
    reader.readsNumbers = options.readsNumbers
    reader.shared = options.shared
    let (configuration, blockInfix) = try Configuration.infer(
      reader, options, declared, declaresOptions: declaresOptions)
    let vision = try VisionTransformer(reader, configuration, blockInfix: blockInfix)
    let text = try TextTransformer(reader, configuration)
    if options.isForTraining, configuration.head.type.trainsInFP32 { reader.compute = .fp32 }
    let head = try configuration.head.type.init(reader, configuration)
    let prompts = try VideoPrompts(reader, configuration)
    var logitScale: Float = 100
    let scaleName = TensorNames.logitScale
    if reader.has(scaleName) {
      // A single number, which some writers keep as a list of one.
      let shape = reader.source.info(scaleName)?.shape == [1] ? [1] : []
      let logarithm = try reader.tensor(scaleName, shape)[0]
      logitScale = expf(logarithm)
      guard logitScale.isFinite else {
        throw Failure(.notFinite, "tensor '\(scaleName)' is \(logarithm), whose exp overflows fp32")
      }
    }
    let logitBias = try ActionCLIP.bias(reader, configuration)
    try ActionCLIP.refuseUnknown(reader, configuration, describeUnknown)
    self.init(
      configuration: configuration, logitScale: logitScale, logitBias: logitBias,
      parameters: reader.parameters, vision: vision, text: text, head: head, prompts: prompts,
      precision: precision, kernels: kernels,
      pool: ThreadPool(threads: options.threads, processors: options.processors))
  }

  /// The numbers of a parameter in fp32, read from the file that this model was made of without reading numbers: those
  /// that a model that reads them in fp32 has.
  public func values(of parameter: Parameter, in source: any TensorSource) throws(Failure) -> FloatBuffer {
    let reader = ParameterReader(source, kernels: kernels, pool: pool)
    guard case .packed(let layer) = parameter.storage, source.info(parameter.name)?.elementType == .i8 else {
      return try reader.copy(parameter.name, parameter.shape)
    }
    return try reader.linear(
      weight: parameter.name, shape: parameter.shape, bias: nil, layer.inputs, layer.outputs
    ).weight()
  }

  /// The bias of scores, a single number, if the file has one. An X-CLIP's is refused, since its scores have none.
  private static func bias(_ reader: ParameterReader, _ c: Configuration) throws(Failure) -> Float? {
    let name = TensorNames.logitBias
    guard reader.has(name), c.promptLayers == 0 else { return nil }
    return try reader.tensor(name, reader.source.info(name)?.shape == [1] ? [1] : [])[0]
  }

  private static let ignorable: Set<String> = [
    TensorNames.tokenizer,
    TensorNames.Buffers.imageSize, TensorNames.Buffers.contextLength, TensorNames.Buffers.vocabularySize,
    TensorNames.Buffers.mask,
  ]

  /// Whether a tensor may stay unused. TorchScript keeps the causal mask in every block of text; the same in a block of
  /// vision would be another model. The frames' positions stand beside heads that do not use them.
  private static func isIgnorable(_ name: String, _ c: Configuration) -> Bool {
    ignorable.contains(name) || !c.joint && name == TensorNames.Head.framePositions
      || name.hasPrefix(TensorNames.Text.blocks) && name.hasSuffix("." + TensorNames.Buffers.mask)
  }

  /// Refuses a file with a tensor that no part of the model uses: it is of another architecture, and the results would
  /// be wrong without a word.
  private static func refuseUnknown(
    _ reader: ParameterReader, _ configuration: Configuration, _ describe: (_ name: String) -> String
  ) throws(Failure) {
    for name in reader.source.names
    where !reader.taken.contains(name) && !isIgnorable(name, configuration) {
      if name.hasPrefix(TensorNames.Head.prefix), configuration.joint {
        throw Failure(
          .optionConflict,
          "the checkpoint is joint (it has '\(TensorNames.Vision.timeEmbedding)') and also has the head tensor"
            + " '\(name)'; a joint model has no temporal head")
      }
      throw Failure(
        .unsupported,
        "tensor '\(name)' belongs to no part of ActionCLIP that this version knows\(describe(name))")
    }
  }
}
