import System
import TensorNames
import Weights

/// The tensors of an open_clip model whose image encoder begins with timm's `ConvStem` (MobileCLIP-B), as the model has
/// them. The batch norms are in the convolutions before them,
/// γ · (W x - μ) / √(σ² + ε) + β = (g · W) x + (β - g · μ) with g = γ / √(σ² + ε), computed in fp64. Channels are the last
/// dimension of the further convolutions' weights. The class token, which has no place, has a row of zeros among the
/// positions.
final class StemTensors: ForwardingTensors {
  let names: [String]
  private let base: any TensorSource
  private let made: MadeTensors

  /// The beginning of the stem's names in the file.
  static let prefix = TimmNames.trunk + "patch_embed.backbone."
  /// The name that tells a stem.
  static let mark = prefix + "0.conv.weight"

  /// Nil where the tensors have no stem. `isStated` says whether the configuration names an encoder with one. Throws where
  /// the two differ, or a tensor is missing or does not fit.
  init?(_ base: any TensorSource, isStated: Bool) throws(Failure) {
    guard (base.info(StemTensors.mark) != nil) == isStated else {
      throw Failure(
        .optionConflict,
        "open_clip_config.json's 'timm_model_name' is an image encoder \(isStated ? "with" : "without") a stem of "
          + "convolutions, but the file has \(isStated ? "no" : "the") tensor '\(StemTensors.mark)': the two are not of one "
          + "model")
    }
    guard isStated else { return nil }
    let vision = TensorNames.Vision.self
    var made = MadeTensors(base)
    for (index, own) in [vision.firstStem, vision.secondStem].enumerated() {
      let norm = StemTensors.prefix + "\(index).bn."
      try made.add(own + "weight", convolution: index, norm: norm, isTurned: index > 0)
      try made.add(own + "bias", .offsets(norm: norm), [made.shape(of: own + "weight")[0]])
    }
    try made.add(vision.patchEmbedding, convolution: 2, norm: nil, isTurned: true)
    try made.addPlaceOfClassToken()
    self.base = base
    self.made = made
    let used = made.used
    names = (base.names.filter { !used.contains($0) } + made.names).sorted { bytesPrecede($0, $1) }
  }

  func source(of name: String) -> any TensorSource { made.info(name) == nil ? base : made }
}

/// The tensors that are computed from others.
private struct MadeTensors: ComputedTensors {
  private let base: any TensorSource
  private var tensors: [String: (info: TensorInfo, way: Way)] = [:]
  /// Names in the file that no tensor has any more.
  private(set) var used: Set<String> = []

  enum Way {
    /// A convolution's weight, times the factors of a norm; turned: [outputs, y, x, channels] of [outputs, channels, y, x].
    case weight(String, norm: String?, isTurned: Bool)
    /// The bias of a convolution that takes a norm's place.
    case offsets(norm: String)
    /// Positions of patches behind a row of zeros.
    case positions

    /// The tensor in the file that the made one stands for, where that has another name.
    var origin: String? {
      switch self {
      case .weight(let own, _, _): own
      case .offsets(let norm): norm + "bias"
      case .positions: nil
      }
    }
  }

  init(_ base: any TensorSource) { self.base = base }

  var names: [String] { Array(tensors.keys) }

  func info(_ name: String) -> TensorInfo? { tensors[name]?.info }

  func shape(of name: String) -> [Int] { tensors[name]?.info.shape ?? [] }

  // MARK: - Making the list

  mutating func add(_ name: String, _ way: Way, _ shape: [Int]) throws(Failure) {
    if let origin = way.origin, base.info(name) != nil {
      throw .invalid("the tensors '\(name)' and '\(origin)' stand for the same")
    }
    guard let info = TensorInfo(name: name, elementType: .f32, shape: shape) else {
      throw Failure(.tensorShape, "tensor '\(name)' is too large")
    }
    tensors[name] = (info, way)
  }

  mutating func add(
    _ name: String, convolution index: Int, norm: String?, isTurned: Bool
  ) throws(Failure) {
    let own = StemTensors.prefix + "\(index).conv.weight"
    var shape = try checked(own).shape
    guard shape.count == 4, shape.allSatisfy({ $0 > 0 }) else {
      throw Failure(.tensorShape, "tensor '\(own)' has shape \(shape), expected that of a convolution")
    }
    used.insert(own)
    if let norm {
      for part in MadeTensors.parts {
        let found = try checked(norm + part).shape
        guard found == [shape[0]] else {
          throw Failure(
            .tensorShape,
            "tensor '\(norm)\(part)' has shape \(found), expected [\(shape[0])], as many as '\(own)' has outputs"
          )
        }
        used.insert(norm + part)
      }
      used.insert(norm + "num_batches_tracked")
    }
    if isTurned { shape = [shape[0], shape[2], shape[3], shape[1]] }
    try add(name, .weight(own, norm: norm, isTurned: isTurned), shape)
  }

  /// Adds a row to positions of a whole grid, which are those of patches alone.
  mutating func addPlaceOfClassToken() throws(Failure) {
    let name = TensorNames.Vision.positionalEmbedding
    guard let shape = base.info(name)?.shape, shape.count == 2, (1...65_536).contains(shape[0]) else {
      return
    }
    let side = Int(Double(shape[0]).squareRoot().rounded())
    guard side * side == shape[0] else { return }
    try add(name, .positions, [shape[0] + 1, shape[1]])
    used.insert(name)
  }

  private func checked(_ name: String) throws(Failure) -> TensorInfo {
    guard let info = base.info(name) else {
      throw Failure(.missingTensor, "tensor '\(name)' is missing: the image encoder's stem needs it")
    }
    guard [.f64, .f32, .f16, .bf16].contains(info.elementType) else {
      throw Failure(
        .tensorShape, "tensor '\(name)' holds \(info.elementType) numbers, expected floating point")
    }
    return info
  }

  // MARK: - Reading

  /// Parts of a batch norm: γ, β, μ and σ².
  private static let parts = ["weight", "bias", "running_mean", "running_var"]
  /// The epsilon of torch's batch norms.
  private static let epsilon = 1e-5

  func read(_ name: String, into destination: UnsafeMutableBufferPointer<Float>) throws(Failure) {
    guard let tensor = tensors[name], let to = destination.baseAddress,
      destination.count == tensor.info.count
    else {
      throw Failure(.tensorShape, "tensor '\(name)' has not \(destination.count) numbers")
    }
    switch tensor.way {
    case .weight(let own, let norm, let isTurned):
      if isTurned {
        try readTurned(own, tensor.info.shape, to)
      } else {
        try base.read(own, into: destination)
      }
      if let norm { try multiply(to, tensor.info, byFactorsOf: norm) }
    case .offsets(let norm):
      let folded = try FoldedNorm(base, norm, count: destination.count)
      for i in 0..<destination.count { to[i] = Float(folded.offsets[i]) }
    case .positions:
      let width = tensor.info.shape[1]
      UnsafeMutableBufferPointer(rebasing: destination[..<width]).update(repeating: 0)
      try base.read(name, into: UnsafeMutableBufferPointer(rebasing: destination[width...]))
    }
  }

  /// Reads [outputs, channels, y, x] as [outputs, y, x, channels], the given shape.
  private func readTurned(
    _ name: String, _ shape: [Int], _ to: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    let (places, channels) = (shape[1] * shape[2], shape[3])
    let count = shape[0] * places * channels
    let stored = try GrowingArray<Float>(uninitialized: count)
    try base.read(name, into: stored.buffer)
    let from = stored.base
    for output in 0..<shape[0] {
      let own = output * places * channels
      for place in 0..<places {
        for channel in 0..<channels {
          to[own + place * channels + channel] = from[own + channel * places + place]
        }
      }
    }
    extendLifetime(stored)
  }

  private func multiply(
    _ weight: UnsafeMutablePointer<Float>, _ info: TensorInfo, byFactorsOf norm: String
  ) throws(Failure) {
    let outputs = info.shape[0]
    let folded = try FoldedNorm(base, norm, count: outputs)
    let inputs = info.count / outputs
    for output in 0..<outputs {
      let factor = folded.factors[output]
      for i in output * inputs..<(output + 1) * inputs { weight[i] = Float(Double(weight[i]) * factor) }
    }
  }

  /// A batch norm as a factor and an offset for each output.
  private struct FoldedNorm: ~Copyable {
    let factors: GrowingArray<Double>
    let offsets: GrowingArray<Double>

    init(_ base: any TensorSource, _ prefix: String, count: Int) throws(Failure) {
      let factors = try GrowingArray<Double>(uninitialized: count)
      let offsets = try GrowingArray<Double>(uninitialized: count)
      let numbers = try GrowingArray<Float>(uninitialized: parts.count * count)
      for (index, part) in parts.enumerated() {
        let own = UnsafeMutableBufferPointer(
          rebasing: numbers.buffer[index * count..<(index + 1) * count])
        try base.read(prefix + part, into: own)
        guard own.allSatisfy(\.isFinite) else {
          throw Failure(
            .notFinite, "tensor '\(prefix)\(part)' holds NaN or infinity; the weights are damaged")
        }
      }
      let (gains, shifts, means) = (numbers.base, numbers.base + count, numbers.base + 2 * count)
      let variances = numbers.base + 3 * count
      for i in 0..<count {
        guard variances[i] >= 0 else {
          throw .invalid(
            "tensor '\(prefix)running_var' holds \(variances[i]), and no variance is below 0; the weights are damaged"
          )
        }
        let factor = Double(gains[i]) / (Double(variances[i]) + epsilon).squareRoot()
        factors.base[i] = factor
        offsets.base[i] = Double(shifts[i]) - factor * Double(means[i])
      }
      extendLifetime(numbers)
      self.factors = factors
      self.offsets = offsets
    }
  }
}
