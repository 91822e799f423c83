import Numerics
import Weights

/// Takes tensors out of a file by name and shape, and remembers which were taken, so that a file
/// with more in it than the model understands is noticed.
final class ParameterReader {
  let source: any TensorSource
  private(set) var taken: Set<String> = []
  /// Every tensor taken, with the place where the model keeps its numbers.
  private(set) var parameters: [Parameter] = []

  private let pool: ThreadPool

  init(_ source: any TensorSource, pool: ThreadPool) {
    self.source = source
    self.pool = pool
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
    let buffer = try read(name, shape)
    parameters.append(Parameter(name: name, shape: shape, storage: .plain(buffer)))
    return buffer
  }

  private func read(_ name: String, _ shape: [Int]) throws(ModelError) -> FloatBuffer {
    guard let info = source.info(name) else {
      throw ModelError(.missingTensor, "tensor '\(name)' is missing (expected shape \(shape))")
    }
    guard [.f64, .f32, .f16, .bf16].contains(info.elementType) else {
      throw ModelError(
        .tensorShape, "tensor '\(name)' holds \(info.elementType) numbers, expected floating point")
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
    let buffer = try allocate(count)
    do { try source.read(name, into: buffer.buffer) } catch {
      throw ModelError(.weights(error.kind), error.message)
    }
    guard buffer.isFinite else {
      throw ModelError(.notFinite, "tensor '\(name)' holds NaN or infinity; the weights are damaged")
    }
    taken.insert(name)
    return buffer
  }

  /// Marks a tensor as understood without reading it.
  func ignore(_ name: String) { taken.insert(name) }

  func allocate(_ count: Int) throws(ModelError) -> FloatBuffer {
    do { return try FloatBuffer(count: count) } catch { throw .memory(error) }
  }

  /// Numbers of two bytes go into products in pairs.
  func checkHidden(_ hidden: Int, _ name: String, _ precision: Precision) throws(ModelError) {
    guard precision == .fp32 || hidden.isMultiple(of: 2) else {
      throw ModelError(
        .unsupported,
        "tensor '\(name)' has \(hidden) rows, an odd number, which \(precision.name) does not compute with; "
          + "load it in fp32")
    }
  }

  /// Rows that are looked up.
  func table(_ name: String, _ shape: [Int], precision: Precision) throws(ModelError) -> EmbeddingTable {
    let values = try read(name, shape)
    let table: EmbeddingTable
    do throws(NumericsError) {
      table = try EmbeddingTable(values, rows: shape[0], width: shape[1], precision: precision)
    } catch { throw .memory(error) }
    parameters.append(Parameter(name: name, shape: shape, storage: .table(table)))
    return table
  }

  func linear(
    _ prefix: String, _ inputs: Int, _ outputs: Int, precision: Precision = .fp32
  ) throws(ModelError) -> Linear {
    try linear(
      weight: prefix + "weight", bias: prefix + "bias", inputs, outputs, precision: precision)
  }

  func linear(
    weight: String, bias: String?, _ inputs: Int, _ outputs: Int, precision: Precision = .fp32
  ) throws(ModelError) -> Linear {
    try linear(
      weight: weight, shape: [outputs, inputs], bias: bias, inputs, outputs, precision: precision)
  }

  /// The same for a weight that the file keeps in another shape of as many numbers.
  func linear(
    weight: String, shape: [Int], bias: String?, _ inputs: Int, _ outputs: Int, precision: Precision = .fp32
  ) throws(ModelError) -> Linear {
    let linear = try pack(
      try read(weight, shape), bias.map { (name) throws(ModelError) in try tensor(name, [outputs]) },
      inputs, outputs, precision)
    parameters.append(Parameter(name: weight, shape: shape, storage: .packed(linear)))
    return linear
  }

  private func pack(
    _ weight: FloatBuffer, _ bias: FloatBuffer?, _ inputs: Int, _ outputs: Int, _ precision: Precision
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
    let stored = try read(name, [inputs, outputs])
    let weight = try allocate(inputs * outputs)
    stored.transpose(rows: inputs, columns: outputs, into: weight)
    let linear = try pack(weight, nil, inputs, outputs, .fp32)
    parameters.append(Parameter(name: name, shape: [inputs, outputs], storage: .transposed(linear)))
    return linear
  }

  /// How many of `prefix`0., `prefix`1., … have a tensor named `probe`.
  func countLayers(_ prefix: String, _ probe: String) -> Int {
    var layers = 0
    while layers < 1_000, has("\(prefix)\(layers).\(probe)") { layers += 1 }
    return layers
  }
}
