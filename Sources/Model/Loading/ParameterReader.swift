import System
import Numerics
import Weights

/// Takes tensors out of a file by name and shape, and remembers which were taken, so that a file with more in it than
/// the model understands is noticed.
public final class ParameterReader {
  let source: any TensorSource
  var taken: Set<String> = []
  /// Every tensor taken, with the place where the model keeps its numbers.
  private(set) var parameters: [Parameter] = []

  /// The precision of the products of what is read next.
  var compute: Precision
  /// Whether tables of embeddings are held in the products' precision, if that is bf16 or lower.
  var roundsTables = true
  /// Whether numbers are read. If not, the model has all its memory, which is never written and so takes no pages, and of
  /// numbers only those that stand alone.
  var readsNumbers = true
  /// Parameters of another model that are taken as they are where they would be held alike.
  var shared: [String: Parameter] = [:]
  /// The kernels that the layers will compute with.
  let kernels: Kernels
  /// Threads for loading, which end with the reader: a loaded model starts its own when it first computes.
  let pool: ThreadPool
  /// Scratch memory for one tensor's numbers at a time, kept for the next.
  private var kept: FloatBuffer?

  init(_ source: any TensorSource, compute: Precision = .fp32, kernels: Kernels, pool: ThreadPool) {
    self.source = source
    self.compute = compute
    self.kernels = kernels
    self.pool = pool
  }

  /// The precision of a weight whose lowest precision is `minimum`: the encoders', or `minimum` if that is higher.
  func precision(_ minimum: Precision) -> Precision { compute.bounded(by: minimum) }

  /// Whether the file has a tensor of this name.
  func has(_ name: String) -> Bool { source.info(name) != nil }

  /// The tensor's shape, or an error that says what the name is needed for.
  func shape(_ name: String, rank: Int, for purpose: String) throws(Failure) -> [Int] {
    guard let info = source.info(name) else {
      throw Failure(.missingTensor, "tensor '\(name)' is missing: \(purpose) needs it")
    }
    guard info.shape.count == rank, info.shape.allSatisfy({ $0 > 0 && $0 <= 1 << 24 }) else {
      throw Failure(
        .tensorShape,
        "tensor '\(name)' has shape \(info.shape), expected \(rank) dimensions of 1 to 16777216")
    }
    return info.shape
  }

  /// The other model's parameter of this name and shape, which becomes one of this model's; nil: there is none, or it
  /// is held in another precision.
  func take(shared name: String, _ shape: [Int], _ precision: Precision = .fp32) -> Parameter.Storage? {
    guard let own = shared[name], own.shape == shape, own.precision == precision else { return nil }
    // The packed numbers are the same for all kernels.
    let storage: Parameter.Storage =
      switch own.storage {
      case .packed(let linear): .packed(linear.with(kernels))
      case .transposed(let linear): .transposed(linear.with(kernels))
      case .plain, .table: own.storage
      }
    taken.insert(name)
    append(name, shape, minimum: own.minimumPrecision, storage)
    return storage
  }

  /// The tensor as fp32, which must have exactly this shape and finite values.
  func tensor(_ name: String, _ shape: [Int]) throws(Failure) -> FloatBuffer {
    if case .plain(let buffer) = take(shared: name, shape) { return buffer }
    let buffer = try copy(name, shape)
    append(name, shape, .plain(buffer))
    return buffer
  }

  /// Adds to the model's parameters.
  func append(
    _ name: String, _ shape: [Int], minimum: Precision = .fp32, _ storage: Parameter.Storage
  ) {
    parameters.append(Parameter(name: name, shape: shape, minimumPrecision: minimum, storage: storage))
  }

  /// The tensor's numbers in memory of their own.
  func copy(_ name: String, _ shape: [Int]) throws(Failure) -> FloatBuffer {
    let info = try checked(name, shape)
    let buffer = try FloatBuffer(count: info.count)
    try fill(name, buffer.base, info.count)
    taken.insert(name)
    return buffer
  }

  /// The error for a tensor with NaN or infinity in it.
  func notFinite(_ name: String) -> Failure {
    Failure(.notFinite, "tensor '\(name)' holds NaN or infinity; the weights are damaged")
  }

  /// Reads all of a tensor's numbers, which must be finite, to `target`. Threads read parts of it where it has no gaps:
  /// two copy faster than one.
  func fill(
    _ name: String, _ target: UnsafeMutablePointer<Float>, _ count: Int
  ) throws(Failure) {
    guard readsNumbers || count == 1 else { return }
    let share = source.isWhole(name) ? 1 << 18 : max(count, 1)
    try pool.runThrowing(count: (count + share - 1) / share) { (index, _) throws(Failure) in
      let part = UnsafeMutableBufferPointer(
        start: target + index * share, count: min(share, count - index * share))
      if share >= count {
        try source.read(name, into: part)
      } else {
        try source.read(name, from: index * share, into: part)
      }
      guard allFinite(target + index * share, count: part.count) else { throw notFinite(name) }
    }
  }

  /// Calls `body` with the tensor's numbers as fp32: where they lie in memory if they are so, else a copy.
  func read<R>(
    _ name: String, _ shape: [Int],
    _ body: (_ numbers: UnsafePointer<Float>, _ count: Int) throws(Failure) -> R
  ) throws(Failure) -> R {
    let info = try checked(name, shape)
    let numbers: UnsafePointer<Float>
    if info.elementType == .f32, let stored = source.stored(name), let start = stored.baseAddress,
      UInt(bitPattern: start) % 4 == 0
    {
      numbers = start.assumingMemoryBound(to: Float.self)
      guard allFinite(numbers, count: info.count, pool: pool) else { throw notFinite(name) }
    } else {
      let scratch = try scratch(info.count)
      try fill(name, scratch.base, info.count)
      numbers = scratch.pointer
    }
    taken.insert(name)
    defer { extendLifetime(source) }
    return try body(numbers, info.count)
  }

  /// Scratch memory for `count` floats, until the next call.
  func scratch(_ count: Int) throws(Failure) -> FloatBuffer {
    if let kept, kept.count >= count { return kept }
    kept = nil  // before the larger one is there
    let larger = try FloatBuffer(count: count)
    kept = larger
    return larger
  }

  /// The tensor's description, which must be of floating-point numbers in exactly this shape.
  func checked(
    _ name: String, _ shape: [Int], _ types: Set<ElementType> = [.f64, .f32, .f16, .bf16],
    holds: String = "floating point"
  ) throws(Failure) -> TensorInfo {
    try checkCancelled()
    guard let info = source.info(name) else {
      throw Failure(.missingTensor, "tensor '\(name)' is missing (expected shape \(shape))")
    }
    guard types.contains(info.elementType) else {
      throw Failure(
        .tensorShape, "tensor '\(name)' holds \(info.elementType) numbers, expected \(holds)")
    }
    guard info.shape == shape else {
      throw Failure(
        .tensorShape, "tensor '\(name)' has shape \(info.shape), expected \(shape)")
    }
    var count = 1
    for dimension in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      guard !overflow else {
        throw Failure(.tensorShape, "tensor '\(name)' of shape \(shape) is too large")
      }
      count = product
    }
    if readsNumbers { try source.check(name, pool) }
    return info
  }

  /// How many of `prefix`0., `prefix`1., … have a tensor named `probe`: at least one, or else the error gives `reason`.
  func countLayers(_ prefix: String, _ probe: String, for reason: String) throws(Failure) -> Int {
    var layers = 0
    while layers < 1_000, has("\(prefix)\(layers).\(probe)") { layers += 1 }
    guard layers > 0 else {
      throw Failure(.missingTensor, "tensor '\(prefix)0.\(probe)' is missing: \(reason)")
    }
    return layers
  }
}
