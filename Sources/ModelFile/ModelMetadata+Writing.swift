import System
import Model
import Numerics
import TensorNames
import Text
import Weights

extension ModelMetadata {
  /// The metadata as entries of a file, with the model's own options and sizes.
  func entries(for c: Configuration, compute: Precision) throws(Failure) -> TextPairs {
    var own = [
      ("format", ModelMetadata.version), ("joint", c.joint ? "on" : "off"),
      ("temporal_shift", c.temporalShift.name), ("head", c.head.name), ("frames", "\(c.frames)"),
    ]
    if let frameIntervalNanoseconds { own.append(("frame_interval_ns", "\(frameIntervalNanoseconds)")) }
    if compute != .fp32 { own.append(("compute", compute.name)) }
    if !c.activationIsAssumed { own.append(("activation", c.activation.name)) }
    if c.temporalView > 0 { own.append(("temporal_view", "\(c.temporalView)")) }
    if c.integrationHeads > 0 { own.append(("integration_heads", "\(c.integrationHeads)")) }
    if c.promptHeads > 0 { own.append(("prompt_heads", "\(c.promptHeads)")) }
    if c.scoresFrames { own.append(("scoring", ModelMetadata.framesScoring)) }
    if !c.isSigLIP {
      if c.pooling == .patches { own.append(("pooling", c.pooling.rawValue)) }
      if c.textForm != .causal { own.append(("text_form", c.textForm.rawValue)) }
      if !c.hasPreNorm { own.append(("pre_norm", "off")) }
      if c.hasWordPieces { own.append(("word_pieces", "on")) }
    }
    if let rotary = c.rotary { own.append(("rotary", rotary.rawValue)) }
    if c.pooling == .probe, c.poolHeads != c.visionHeads { own.append(("pool_heads", "\(c.poolHeads)")) }
    if let epsilon = c.visionEpsilon { own.append(("vision_epsilon", "\(epsilon)")) }
    if c.headsAreAssumed { own.append(("heads_assumed", "on")) }
    if c.epsilon != Configuration.usualEpsilon { own.append(("epsilon", "\(c.epsilon)")) }
    if c.headEpsilon != Configuration.usualHeadEpsilon {
      own.append(("head_epsilon", "\(c.headEpsilon)"))
    }
    if let preset { own += preset.entries.map { ($0.key, $0.value) } }
    own += ModelMetadata.sizes.map { ($0.key, "\($0.of(c))") }
    let entries = TextPairs()
    for (key, value) in own { try entries.append(ModelMetadata.prefix + key, value) }
    try appendTexts(to: entries)
    if let merges { try append("merges".utf8, merges[0], to: entries) }
    return entries
  }

  /// The labels, templates and notes alone as entries of a file.
  public func textEntries() throws(Failure) -> TextPairs {
    let entries = TextPairs()
    try entries.append(ModelMetadata.prefix + "format", ModelMetadata.version)
    try appendTexts(to: entries)
    return entries
  }

  private func appendTexts(to entries: TextPairs) throws(Failure) {
    for (key, texts) in [("templates", templates), ("labels", labels)] where !texts.isEmpty {
      var list = GrowingArray<UInt8>()
      try JSONStrings.append(texts, to: &list)
      try append(key.utf8, list.view, to: entries)
    }
    if let templateWeights, !templates.isEmpty {
      var list = GrowingArray<UInt8>()
      for index in 0..<templateWeights.count {
        // The shortest digits that give the same Float again.
        for byte in (index > 0 ? " " : "").utf8 { try list.append(byte) }
        for byte in templateWeights[index].description.utf8 { try list.append(byte) }
      }
      try append("template_weights".utf8, list.view, to: entries)
    }
    for index in 0..<notes.count { try append(notes.key(index), notes.value(index), to: entries) }
  }

  private func append(
    _ key: some Sequence<UInt8>, _ value: UnsafeBufferPointer<UInt8>, to entries: TextPairs
  ) throws(Failure) {
    var name = GrowingArray<UInt8>()
    for byte in ModelMetadata.prefix.utf8 { try name.append(byte) }
    for byte in key { try name.append(byte) }
    try entries.append(name.view, value)
  }
}

/// The number format of a file's matrices.
public enum MatrixStorage: Sendable {
  case fp32, fp16
  /// Matrices that a model in bf16 holds in bf16 are stored so.
  case bf16
  /// Matrices are stored as a model in int8 holds them: most in int8 with their scales, some in bf16.
  case int8

  /// The precision of a model from the file where no other is asked for.
  var compute: Precision {
    switch self {
    case .fp32, .fp16: .fp32
    case .bf16: .bf16
    case .int8: .int8
    }
  }
}

extension ActionCLIP {
  /// Whether the model's numbers are exact enough to be stored so: a model in fp32 for every storage, another for its
  /// own.
  public func canSave(_ matrices: MatrixStorage) -> Bool {
    precision == .fp32 || precision == matrices.compute
  }

  /// Writes the model as one file, whole or not at all. A file in fp32 gives the same bits when it is loaded again, one
  /// in bf16 or int8 the bits that this model gives in that precision. `tokenizer` are the bytes of a tokenizer file for
  /// one that has no merge list, or none. `values` gives the numbers of a parameter that is not written as int8.
  public func save(
    to path: FilePath, metadata: ModelMetadata, matrices: MatrixStorage,
    tokenizer: UnsafeBufferPointer<UInt8> = UnsafeBufferPointer(start: nil, count: 0),
    values valuesOf: (Parameter) throws(Failure) -> FloatBuffer = { (parameter) throws(Failure) in
      try parameter.values()
    }
  ) throws(Failure) {
    var tensors: [TensorToWrite] = []
    var sources: [(parameter: Int, part: Part)] = []
    for (index, parameter) in parameters.enumerated() {
      let storage = ActionCLIP.storage(of: parameter, matrices)
      tensors.append(TensorToWrite(name: parameter.name, shape: parameter.shape, storage: storage))
      sources.append((index, storage == .int8 ? .numbers : .values))
      if storage == .int8 {
        let suffix = ParameterReader.scaleSuffix(isRotated: parameter.isRotatedInInt8)
        tensors.append(
          TensorToWrite(name: parameter.name + suffix, shape: [parameter.shape[0]], storage: .fp32))
        sources.append((index, .scales))
      }
    }
    if !tokenizer.isEmpty {
      tensors.append(TensorToWrite(name: TensorNames.tokenizer, shape: [tokenizer.count], storage: .bytes))
    }
    let entries = try metadata.entries(for: configuration, compute: matrices.compute)
    try SafetensorsWriter.write(to: path, metadata: entries, tensors: tensors) {
      (index, write) throws(Failure) in
      guard index < sources.count else { return try write(.wide(UnsafeRawBufferPointer(tokenizer))) }
      let (parameter, part) = (parameters[sources[index].parameter], sources[index].part)
      let values =
        switch part {
        case .values: try valuesOf(parameter)
        case .numbers: try parameter.quantised().numbers
        case .scales: try parameter.quantised().scales
        }
      defer { extendLifetime(values) }
      try write(.floats(UnsafeBufferPointer(values.buffer)))
    }
  }

  /// The part of a parameter that a tensor of the file holds.
  private enum Part { case values, numbers, scales }

  private static func storage(of parameter: Parameter, _ matrices: MatrixStorage) -> TensorToWrite.Storage {
    switch matrices {
    case .fp32: return .fp32
    case .fp16: return parameter.shape.count >= 2 ? .fp16 : .fp32
    case .bf16: return parameter.minimumPrecision == .fp32 ? .fp32 : .bf16
    case .int8:
      switch parameter.minimumPrecision {
      case .fp32: return .fp32
      case .bf16: return .bf16
      case .int8: return .int8
      }
    }
  }
}
