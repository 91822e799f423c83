import Numerics
import System
import TensorNames
import Weights

/// The tensors of two models: (1 - share) · base + share · tuned, in fp32. Numbers that the base model has not are
/// taken whole. No training may go on while they are read.
public struct MixedTensors: ComputedTensors {
  private let parameters: [Parameter]
  private let base: [String: Parameter]
  /// The trained numbers by name.
  private let trained: [String: FloatBuffer]
  /// Beginnings of names of which nothing is mixed.
  private let whole: [String]
  /// Whether every number is mixed, not only those of `trained`.
  private let mixesAll: Bool
  private let share: Float

  /// A model's own tensors.
  public init(_ model: ActionCLIP) {
    (parameters, base, trained, whole, mixesAll, share) = (model.parameters, [:], [:], [], false, 1)
  }

  /// `trained` are the names and numbers of the parameters of `model` that were trained. `share` 0 is the base model, 1
  /// the trained one; parameters whose names begin with one of `whole` are the trained one's at any share. The bias of
  /// sigmoids is left out: training compares labels with each other, by the softmax, and so scores what it made.
  public init(
    _ model: ActionCLIP, _ trained: [(name: String, numbers: FloatBuffer)], base: ActionCLIP, share: Double,
    whole: [String] = []
  ) {
    parameters = model.parameters.filter { $0.name != TensorNames.logitBias }
    self.base = MixedTensors.byName(base)
    self.trained = Dictionary(trained.map { ($0.name, $0.numbers) }) { first, _ in first }
    self.whole = whole
    mixesAll = false
    self.share = Float(share)
  }

  /// `share` 0 is the base model, 1 the tuned one, which have the same parameters, except that one alone may have the
  /// bias of sigmoids: then it is left out.
  public init(_ tuned: ActionCLIP, base: ActionCLIP, share: Double) {
    let base = MixedTensors.byName(base)
    parameters = tuned.parameters.filter { $0.name != TensorNames.logitBias || base[$0.name] != nil }
    self.base = base
    (trained, whole) = ([:], [])
    mixesAll = true
    self.share = Float(share)
  }

  private static func byName(_ model: ActionCLIP) -> [String: Parameter] {
    Dictionary(model.parameters.map { ($0.name, $0) }) { first, _ in first }
  }

  public var names: [String] { parameters.map(\.name) }

  public func info(_ name: String) -> TensorInfo? {
    parameters.first { $0.name == name }.flatMap {
      TensorInfo(name: name, elementType: .f32, shape: $0.shape)
    }
  }

  public func read(
    _ name: String, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(Failure) {
    guard let own = parameters.first(where: { $0.name == name }), let to = destination.baseAddress else {
      throw Failure(.missingTensor, "tensor '\(name)' is missing")
    }
    guard own.count == destination.count else {
      throw Failure(.tensorShape, "tensor '\(name)' has \(own.count) numbers, not \(destination.count)")
    }
    let changed = trained[name]
    let values = if let changed { changed } else { try own.values() }
    to.update(from: values.base, count: own.count)
    extendLifetime(values)
    // Equal shares would change numbers that are the same in both by rounding.
    guard share != 1, mixesAll || changed != nil, !whole.contains(where: name.hasPrefix),
      let before = base[name], before.shape == own.shape
    else { return }
    let numbers = try before.values()
    for i in 0..<own.count {
      let difference = to[i] - numbers.base[i]
      to[i] = numbers.base[i] + share * difference
    }
    extendLifetime(numbers)
  }
}

extension LoadOptions {
  /// Lets the model share another one's parameters whose names `isShared` accepts, where it would hold them alike.
  public mutating func share(_ other: ActionCLIP, where isShared: (_ name: String) -> Bool) {
    for parameter in other.parameters where isShared(parameter.name) { shared[parameter.name] = parameter }
  }
}

extension ActionCLIP {
  /// A model of this one's sizes and options with the numbers of `tensors`. Of `options` it takes threads, processors,
  /// precision and instruction set, and head and frames where they are given.
  public func remade(from tensors: any TensorSource, _ options: LoadOptions) throws(Failure) -> ActionCLIP {
    let c = configuration
    var own = options
    own.joint = c.joint
    own.temporalShift = c.temporalShift
    own.head = c.joint ? nil : options.head ?? c.head
    own.frames = options.frames ?? c.frames
    own.activation = c.activation
    own.temporalView = c.temporalView
    var declared = DeclaredOptions(
      epsilon: c.epsilon, headEpsilon: c.headEpsilon, visionHeads: c.visionHeads, textHeads: c.textHeads,
      imageSize: c.imageSize)
    if c.integrationHeads > 0 { declared.integrationHeads = c.integrationHeads }
    if c.promptHeads > 0 { declared.promptHeads = c.promptHeads }
    declared.scoresFrames = c.scoresFrames
    (declared.pooling, declared.textForm) = (c.pooling, c.textForm)
    (declared.hasPreNorm, declared.hasWordPieces) = (c.hasPreNorm, c.hasWordPieces)
    (declared.rotary, declared.visionEpsilon) = (c.rotary, c.visionEpsilon)
    if c.poolHeads > 0 { declared.poolHeads = c.poolHeads }
    return try ActionCLIP(tensors, options: own, declared: declared, declaresOptions: false)
  }
}
