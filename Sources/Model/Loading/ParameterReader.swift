import System
import Numerics
import Weights

/// Takes tensors out of a file by name and shape, and remembers which were taken, so that a file with more in it than
/// the model understands is noticed.
public final class ParameterReader {
  let source: any TensorSource
  private(set) var taken: Set<String> = []
  /// Every tensor taken, with the place where the model keeps its numbers.
  private(set) var parameters: [Parameter] = []

  /// The precision of the encoders' products. No weight is held in a lower one than its own minimum.
  let compute: Precision
  /// Threads for loading, which end with the reader: a loaded model starts its own when it first computes.
  private let pool: ThreadPool
  /// Numbers that do not lie in the file as they are needed, one tensor's at a time.
  private var kept: FloatBuffer?

  init(_ source: any TensorSource, compute: Precision = .fp32, pool: ThreadPool) {
    self.source = source
    self.compute = compute
    self.pool = pool
  }

  /// The precision of a weight that may be held in `minimum`: the encoders', or its own minimum where that is higher.
  private func precision(_ minimum: Precision) -> Precision {
    compute.rawValue < minimum.rawValue ? compute : minimum
  }

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

  /// The tensor as fp32, which must have exactly this shape and finite values.
  func tensor(_ name: String, _ shape: [Int]) throws(Failure) -> FloatBuffer {
    let buffer = try copy(name, shape)
    append(name, shape, .plain(buffer))
    return buffer
  }

  private func append(
    _ name: String, _ shape: [Int], minimum: Precision = .fp32, _ storage: Parameter.Storage
  ) {
    parameters.append(Parameter(name: name, shape: shape, minimumPrecision: minimum, storage: storage))
  }

  /// The tensor's numbers in memory of their own.
  private func copy(_ name: String, _ shape: [Int]) throws(Failure) -> FloatBuffer {
    let info = try checked(name, shape)
    let buffer = try FloatBuffer(count: info.count)
    try fill(name, buffer.base, info.count)
    taken.insert(name)
    return buffer
  }

  private func notFinite(_ name: String) -> Failure {
    Failure(.notFinite, "tensor '\(name)' holds NaN or infinity; the weights are damaged")
  }

  /// Reads all of a tensor's numbers, which must be finite, in parts where it can be: reading from the file is
  /// copying, and two threads copy faster than one.
  private func fill(
    _ name: String, _ target: UnsafeMutablePointer<Float>, _ count: Int
  ) throws(Failure) {
    let share = source.isWhole(name) ? 1 << 18 : max(count, 1)
    try pool.runThrowing(count: (count + share - 1) / share) { (index) throws(Failure) in
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

  /// Passes the tensor's numbers on as fp32: where they lie, if that is what they are.
  private func read<R>(
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

  private func scratch(_ count: Int) throws(Failure) -> FloatBuffer {
    if let kept, kept.count >= count { return kept }
    kept = nil  // before the larger one is there
    let larger = try FloatBuffer(count: count)
    kept = larger
    return larger
  }

  /// The tensor's description, which must be of floating-point numbers in exactly this shape.
  private func checked(
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
    return info
  }

  /// Refuses an odd number of hidden activations in bf16 and int8, whose products take numbers in pairs.
  func checkHidden(_ hidden: Int, _ name: String) throws(Failure) {
    guard compute == .fp32 || hidden.isMultiple(of: 2) else {
      throw Failure(
        .unsupported,
        "tensor '\(name)' has \(hidden) rows, an odd number, which \(compute.name) does not compute with; "
          + "load it in fp32")
    }
  }

  /// A table of embeddings.
  func table(_ name: String, _ shape: [Int], minimum: Precision) throws(Failure) -> EmbeddingTable {
    let info = try checked(name, shape)
    let table = try EmbeddingTable(rows: shape[0], width: shape[1], precision: precision(minimum))
    if table.precision == .fp32 {
      if let start = table.floats.baseAddress { try fill(name, start, info.count) }
    } else {
      let isRead = info.elementType == .bf16 ? try source.readStored(name, into: table.halves) : false
      if !isRead {
        try read(name, shape) { (numbers, _) throws(Failure) in table.fill(numbers, pool: pool) }
      }
      // Of fp32 numbers too: rounded to bf16 the largest are infinite.
      guard table.halvesAreFinite else { throw notFinite(name) }
    }
    taken.insert(name)
    append(name, shape, minimum: minimum, .table(table))
    return table
  }

  /// A layer whose weight and bias are named `prefix`weight and `prefix`bias.
  func linear(
    _ prefix: String, _ inputs: Int, _ outputs: Int, minimum: Precision = .fp32
  ) throws(Failure) -> Linear {
    try linear(weight: prefix + "weight", bias: prefix + "bias", inputs, outputs, minimum: minimum)
  }

  /// A layer whose weight is stored as [outputs, inputs].
  func linear(
    weight: String, bias: String?, _ inputs: Int, _ outputs: Int, minimum: Precision = .fp32
  ) throws(Failure) -> Linear {
    try linear(weight: weight, shape: [outputs, inputs], bias: bias, inputs, outputs, minimum: minimum)
  }

  /// A layer whose weight the file keeps in another shape of as many numbers.
  func linear(
    weight: String, shape: [Int], bias: String?, _ inputs: Int, _ outputs: Int, minimum: Precision = .fp32
  ) throws(Failure) -> Linear {
    // So many products of two bytes fit the sums.
    guard precision(minimum) != .int8 || inputs <= 1 << 16 else {
      throw Failure(
        .unsupported, "tensor '\(weight)' has rows of \(inputs) numbers; int8 adds up 65536 at most")
    }
    let stored = try bias.map { (name) throws(Failure) in try tensor(name, [outputs]) }
    let linear: Linear
    if source.info(weight)?.elementType == .i8 {
      linear = try quantised(weight, shape, stored, inputs, outputs, precision(minimum))
    } else {
      linear = try read(weight, shape) { (numbers, _) throws(Failure) in
        try pack(numbers, stored, inputs, outputs, precision(minimum))
      }
    }
    append(weight, shape, minimum: minimum, .packed(linear))
    return linear
  }

  /// A weight stored as int8, with a scale for each output beside it (docs/FORMAT.md).
  private func quantised(
    _ name: String, _ shape: [Int], _ bias: FloatBuffer?, _ inputs: Int, _ outputs: Int,
    _ precision: Precision
  ) throws(Failure) -> Linear {
    let info = try checked(name, shape, [.i8])
    let scales = try copy(name + ParameterReader.scaleSuffix, [outputs])
    taken.insert(name)
    if precision == .int8 {
      // With gaps, which no writer of such files leaves: by way of fp32, in four times the memory.
      let scratch = try scratch(info.count)
      let bytes = UnsafeMutableRawPointer(scratch.base).advanced(by: 3 * info.count)
      let numbers = bytes.bindMemory(to: Int8.self, capacity: info.count)
      let isRead = try source.readStored(
        name, into: UnsafeMutableRawBufferPointer(start: bytes, count: info.count))
      if !isRead {
        try source.read(name, into: UnsafeMutableBufferPointer(start: scratch.base, count: info.count))
        // From the end of the memory to its beginning: what is written has been read.
        for i in (0..<info.count).reversed() { numbers[i] = Int8(scratch.base[i]) }
      }
      defer { extendLifetime(scratch) }
      return try Linear(
        quantised: numbers, scales: scales, bias: bias, inputs: inputs, outputs: outputs, pool: pool)
    }
    let numbers = try FloatBuffer(count: info.count)
    try source.read(name, into: numbers.buffer)
    for output in 0..<outputs {
      for i in output * inputs..<(output + 1) * inputs { numbers.base[i] *= scales.base[output] }
    }
    return try withExtendedLifetime(numbers) { () throws(Failure) in
      try pack(numbers.pointer, bias, inputs, outputs, precision)
    }
  }

  /// Follows an int8 tensor's name in that of its scales.
  public static let scaleSuffix = ".scale"

  /// A layer of fp32 numbers [outputs, inputs].
  private func pack(
    _ weight: UnsafePointer<Float>, _ bias: FloatBuffer?, _ inputs: Int, _ outputs: Int,
    _ precision: Precision
  ) throws(Failure) -> Linear {
    try Linear(
      weight: weight, bias: bias, inputs: inputs, outputs: outputs, precision: precision, pool: pool)
  }

  /// A layer normalisation whose weight and bias are named `prefix`weight and `prefix`bias.
  func layerNorm(_ prefix: String, _ width: Int, _ epsilon: Float) throws(Failure) -> LayerNorm {
    LayerNorm(
      weight: try tensor(prefix + "weight", [width]),
      bias: try tensor(prefix + "bias", [width]), epsilon: epsilon)
  }

  /// A projection stored as [inputs, outputs], used from the right in the reference.
  func projection(_ name: String, _ inputs: Int, _ outputs: Int) throws(Failure) -> Linear {
    let weight = try FloatBuffer(count: inputs * outputs)
    try copy(name, [inputs, outputs]).transpose(rows: inputs, columns: outputs, into: weight)
    let linear = try withExtendedLifetime(weight) { () throws(Failure) in
      try pack(weight.pointer, nil, inputs, outputs, .fp32)
    }
    append(name, [inputs, outputs], .transposed(linear))
    return linear
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
