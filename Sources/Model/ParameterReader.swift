import System
import Numerics
import Weights

/// Takes tensors out of a file by name and shape, and remembers which were taken, so that a file
/// with more in it than the model understands is noticed.
public final class ParameterReader {
  let source: any TensorSource
  private(set) var taken: Set<String> = []
  /// Every tensor taken, with the place where the model keeps its numbers.
  private(set) var parameters: [Parameter] = []

  /// What the encoders' products are computed in; see `lowest` of what is read.
  let compute: Precision
  /// Its threads end with the reader: what is loaded starts none before it first computes.
  private let pool: ThreadPool
  /// Numbers that do not lie in the file as they are needed, one tensor's at a time.
  private var kept: FloatBuffer?

  init(_ source: any TensorSource, compute: Precision = .fp32, pool: ThreadPool) {
    self.source = source
    self.compute = compute
    self.pool = pool
  }

  /// What a tensor is held in that may be held in `lowest`: never coarser than the encoders' products.
  private func precision(_ lowest: Precision) -> Precision {
    compute.rawValue < lowest.rawValue ? compute : lowest
  }

  func has(_ name: String) -> Bool { source.info(name) != nil }

  /// The tensor's shape, or an error that says what the name is needed for.
  func shape(_ name: String, rank: Int, for purpose: String) throws(ModelError) -> [Int] {
    guard let info = source.info(name) else {
      throw ModelError(.missingTensor, "tensor '\(name)' is missing: \(purpose) needs it")
    }
    guard info.shape.count == rank, info.shape.allSatisfy({ $0 > 0 && $0 <= 1 << 24 }) else {
      throw ModelError(
        .tensorShape,
        "tensor '\(name)' has shape \(info.shape), expected \(rank) dimensions of 1 to 16777216")
    }
    return info.shape
  }

  /// The tensor as fp32, which must have exactly this shape and finite values.
  func tensor(_ name: String, _ shape: [Int]) throws(ModelError) -> FloatBuffer {
    let buffer = try copy(name, shape)
    append(name, shape, .plain(buffer))
    return buffer
  }

  private func append(
    _ name: String, _ shape: [Int], lowest: Precision = .fp32, _ storage: Parameter.Storage
  ) {
    parameters.append(Parameter(name: name, shape: shape, lowest: lowest, storage: storage))
  }

  /// Numbers of its own.
  private func copy(_ name: String, _ shape: [Int]) throws(ModelError) -> FloatBuffer {
    let info = try checked(name, shape)
    let buffer = try allocate(info.count)
    try fill(name, buffer.base, info.count)
    taken.insert(name)
    return buffer
  }

  /// Runs `body`, whose error becomes this room's.
  private func weights<R>(_ body: () throws(WeightsError) -> R) throws(ModelError) -> R {
    try body()
  }

  private func notFinite(_ name: String) -> ModelError {
    ModelError(.notFinite, "tensor '\(name)' holds NaN or infinity; the weights are damaged")
  }

  /// Reads all of a tensor's numbers, which must be finite, in parts where it can be: reading from the file is
  /// copying, and two threads copy faster than one.
  private func fill(
    _ name: String, _ target: UnsafeMutablePointer<Float>, _ count: Int
  ) throws(ModelError) {
    let share = source.isWhole(name) ? 1 << 18 : max(count, 1)
    try pool.runThrowing(count: (count + share - 1) / share) { (index) throws(ModelError) in
      let part = UnsafeMutableBufferPointer(
        start: target + index * share, count: min(share, count - index * share))
      try weights { () throws(WeightsError) in
        if share >= count {
          try source.read(name, into: part)
        } else {
          try source.read(name, from: index * share, into: part)
        }
      }
      guard allFinite(target + index * share, count: part.count) else { throw notFinite(name) }
    }
  }

  /// Passes the tensor's numbers on as fp32: where they lie, if that is what they are.
  private func read<R>(
    _ name: String, _ shape: [Int],
    _ body: (_ numbers: UnsafePointer<Float>, _ count: Int) throws(ModelError) -> R
  ) throws(ModelError) -> R {
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

  private func scratch(_ count: Int) throws(ModelError) -> FloatBuffer {
    if let kept, kept.count >= count { return kept }
    kept = nil  // before the larger one is there
    let larger = try allocate(count)
    kept = larger
    return larger
  }

  /// The tensor's description, which must be of floating-point numbers in exactly this shape.
  private func checked(
    _ name: String, _ shape: [Int], _ types: Set<ElementType> = [.f64, .f32, .f16, .bf16],
    holds: String = "floating point"
  ) throws(ModelError) -> TensorInfo {
    try checkCancelled()
    guard let info = source.info(name) else {
      throw ModelError(.missingTensor, "tensor '\(name)' is missing (expected shape \(shape))")
    }
    guard types.contains(info.elementType) else {
      throw ModelError(
        .tensorShape, "tensor '\(name)' holds \(info.elementType) numbers, expected \(holds)")
    }
    guard info.shape == shape else {
      throw ModelError(
        .tensorShape, "tensor '\(name)' has shape \(info.shape), expected \(shape)")
    }
    var count = 1
    for dimension in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      guard !overflow else {
        throw ModelError(.tensorShape, "tensor '\(name)' of shape \(shape) is too large")
      }
      count = product
    }
    return info
  }

  /// Marks a tensor as understood without reading it.
  func ignore(_ name: String) { taken.insert(name) }

  func allocate(_ count: Int) throws(ModelError) -> FloatBuffer {
    do { return try FloatBuffer(count: count) } catch { throw .memory(error) }
  }

  /// Numbers of two bytes go into products in pairs.
  func checkHidden(_ hidden: Int, _ name: String) throws(ModelError) {
    guard compute == .fp32 || hidden.isMultiple(of: 2) else {
      throw ModelError(
        .unsupported,
        "tensor '\(name)' has \(hidden) rows, an odd number, which \(compute.name) does not compute with; "
          + "load it in fp32")
    }
  }

  /// Rows that are looked up.
  func table(_ name: String, _ shape: [Int], lowest: Precision) throws(ModelError) -> EmbeddingTable {
    let info = try checked(name, shape)
    let table: EmbeddingTable
    do throws(NumericsError) {
      table = try EmbeddingTable(rows: shape[0], width: shape[1], precision: precision(lowest))
    } catch { throw .memory(error) }
    if table.precision == .fp32 {
      if let start = table.floats.baseAddress { try fill(name, start, info.count) }
    } else {
      let isRead = try weights { () throws(WeightsError) in
        info.elementType == .bf16 ? try source.readStored(name, into: table.halves) : false
      }
      if !isRead {
        try read(name, shape) { (numbers, _) throws(ModelError) in table.fill(numbers, pool: pool) }
      }
      // Of fp32 numbers too: rounded to bf16 the largest are infinite.
      guard table.halvesAreFinite else { throw notFinite(name) }
    }
    taken.insert(name)
    append(name, shape, lowest: lowest, .table(table))
    return table
  }

  func linear(
    _ prefix: String, _ inputs: Int, _ outputs: Int, lowest: Precision = .fp32
  ) throws(ModelError) -> Linear {
    try linear(weight: prefix + "weight", bias: prefix + "bias", inputs, outputs, lowest: lowest)
  }

  func linear(
    weight: String, bias: String?, _ inputs: Int, _ outputs: Int, lowest: Precision = .fp32
  ) throws(ModelError) -> Linear {
    try linear(weight: weight, shape: [outputs, inputs], bias: bias, inputs, outputs, lowest: lowest)
  }

  /// The same for a weight that the file keeps in another shape of as many numbers.
  func linear(
    weight: String, shape: [Int], bias: String?, _ inputs: Int, _ outputs: Int, lowest: Precision = .fp32
  ) throws(ModelError) -> Linear {
    // So many products of two bytes fit the sums.
    guard precision(lowest) != .int8 || inputs <= 1 << 16 else {
      throw ModelError(
        .unsupported, "tensor '\(weight)' has rows of \(inputs) numbers; int8 adds up 65536 at most")
    }
    let stored = try bias.map { (name) throws(ModelError) in try tensor(name, [outputs]) }
    let linear: Linear
    if source.info(weight)?.elementType == .i8 {
      linear = try quantised(weight, shape, stored, inputs, outputs, precision(lowest))
    } else {
      linear = try read(weight, shape) { (numbers, _) throws(ModelError) in
        try pack(numbers, stored, inputs, outputs, precision(lowest))
      }
    }
    append(weight, shape, lowest: lowest, .packed(linear))
    return linear
  }

  /// A weight stored as int8, with a scale for each output beside it (docs/FORMAT.md).
  private func quantised(
    _ name: String, _ shape: [Int], _ bias: FloatBuffer?, _ inputs: Int, _ outputs: Int,
    _ precision: Precision
  ) throws(ModelError) -> Linear {
    let info = try checked(name, shape, [.i8])
    let scales = try copy(name + ParameterReader.scaleSuffix, [outputs])
    taken.insert(name)
    if precision == .int8 {
      // With gaps, which no writer of such files leaves: by way of fp32, in four times the memory.
      let scratch = try scratch(info.count)
      let bytes = UnsafeMutableRawPointer(scratch.base).advanced(by: 3 * info.count)
      let numbers = bytes.bindMemory(to: Int8.self, capacity: info.count)
      let isRead = try weights { () throws(WeightsError) in
        try source.readStored(name, into: UnsafeMutableRawBufferPointer(start: bytes, count: info.count))
      }
      if !isRead {
        try weights { () throws(WeightsError) in
          try source.read(name, into: UnsafeMutableBufferPointer(start: scratch.base, count: info.count))
        }
        // From the end of the memory to its beginning: what is written has been read.
        for i in (0..<info.count).reversed() { numbers[i] = Int8(scratch.base[i]) }
      }
      defer { extendLifetime(scratch) }
      do throws(NumericsError) {
        return try Linear(
          quantised: numbers, scales: scales, bias: bias, inputs: inputs,
          outputs: outputs, pool: pool)
      } catch { throw .memory(error) }
    }
    let numbers = try allocate(info.count)
    try weights { () throws(WeightsError) in try source.read(name, into: numbers.buffer) }
    for output in 0..<outputs {
      for i in output * inputs..<(output + 1) * inputs { numbers.base[i] *= scales.base[output] }
    }
    return try withExtendedLifetime(numbers) { () throws(ModelError) in
      try pack(numbers.pointer, bias, inputs, outputs, precision)
    }
  }

  /// What the scales of an int8 tensor are named by.
  public static let scaleSuffix = ".scale"

  private func pack(
    _ weight: UnsafePointer<Float>, _ bias: FloatBuffer?, _ inputs: Int, _ outputs: Int,
    _ precision: Precision
  ) throws(ModelError) -> Linear {
    do throws(NumericsError) {
      return try Linear(
        weight: weight, bias: bias, inputs: inputs, outputs: outputs, precision: precision, pool: pool)
    } catch { throw .memory(error) }
  }

  func layerNorm(_ prefix: String, _ width: Int, _ epsilon: Float) throws(ModelError) -> LayerNorm {
    LayerNorm(
      weight: try tensor(prefix + "weight", [width]),
      bias: try tensor(prefix + "bias", [width]), epsilon: epsilon)
  }

  /// A projection stored as [inputs, outputs], used from the right in the reference.
  func projection(_ name: String, _ inputs: Int, _ outputs: Int) throws(ModelError) -> Linear {
    let weight = try allocate(inputs * outputs)
    try copy(name, [inputs, outputs]).transpose(rows: inputs, columns: outputs, into: weight)
    let linear = try withExtendedLifetime(weight) { () throws(ModelError) in
      try pack(weight.pointer, nil, inputs, outputs, .fp32)
    }
    append(name, [inputs, outputs], .transposed(linear))
    return linear
  }

  /// How many of `prefix`0., `prefix`1., … have a tensor named `probe`.
  func countLayers(_ prefix: String, _ probe: String) -> Int {
    var layers = 0
    while layers < 1_000, has("\(prefix)\(layers).\(probe)") { layers += 1 }
    return layers
  }
}
