import Numerics
import System
import Weights

/// Reads layers of the network, each from its tensors.
extension ParameterReader {
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
    // A table that is shared while others are trained has its numbers already.
    let precision = roundsTables ? precision(minimum) : shared[name]?.precision ?? .fp32
    if case .table(let table) = take(shared: name, shape, precision) { return table }
    let info = try checked(name, shape)
    let table = try EmbeddingTable(rows: shape[0], width: shape[1], precision: precision)
    if !readsNumbers {
      // The table stays as it is.
    } else if table.precision == .fp32 {
      if let start = table.floats.baseAddress { try fill(name, start, info.count) }
    } else {
      let isRead = info.elementType == .bf16 ? try source.readStored(name, into: table.halves) : false
      if !isRead {
        try read(name, shape) { (numbers, _) throws(Failure) in
          table.fill(numbers, kernels: kernels, pool: pool)
        }
      }
      // The largest fp32 numbers are infinite once rounded to bf16.
      guard table.halvesAreFinite else { throw notFinite(name) }
    }
    taken.insert(name)
    append(name, shape, minimum: minimum, .table(table))
    return table
  }

  /// A layer whose weight and bias are named `prefix`weight and `prefix`bias, and whose input `norm` writes, if given.
  func linear(
    _ prefix: String, _ inputs: Int, _ outputs: Int, minimum: Precision = .fp32, after norm: LayerNorm? = nil
  ) throws(Failure) -> Linear {
    try linear(
      weight: prefix + "weight", bias: prefix + "bias", inputs, outputs, minimum: minimum, after: norm)
  }

  /// A layer whose weight is stored as [outputs, inputs].
  func linear(
    weight: String, bias: String?, _ inputs: Int, _ outputs: Int, minimum: Precision = .fp32,
    after norm: LayerNorm? = nil
  ) throws(Failure) -> Linear {
    try linear(
      weight: weight, shape: [outputs, inputs], bias: bias, inputs, outputs, minimum: minimum, after: norm)
  }

  /// A layer whose weight the file keeps in another shape of as many numbers.
  func linear(
    weight: String, shape: [Int], bias: String?, _ inputs: Int, _ outputs: Int, minimum: Precision = .fp32,
    after norm: LayerNorm? = nil
  ) throws(Failure) -> Linear {
    // The sum of 65536 products of int8 fits 32 bits.
    guard precision(minimum) != .int8 || inputs <= 1 << 16 else {
      throw Failure(
        .unsupported, "tensor '\(weight)' has rows of \(inputs) numbers; int8 adds up 65536 at most")
    }
    let stored = try bias.map { (name) throws(Failure) in try tensor(name, [outputs]) }
    if bias.map({ shared[$0] != nil }) ?? true,
      case .packed(let linear) = take(shared: weight, shape, precision(minimum))
    {
      return linear
    }
    let linear: Linear
    if !readsNumbers {
      linear = try unread(weight, shape, stored, inputs, outputs, precision(minimum))
    } else if source.info(weight)?.elementType == .i8 {
      linear = try quantised(weight, shape, stored, inputs, outputs, precision(minimum))
    } else {
      linear = try read(weight, shape) { (numbers, _) throws(Failure) in
        try pack(numbers, stored, inputs, outputs, precision(minimum), gains: norm?.weight)
      }
    }
    append(weight, shape, minimum: minimum, .packed(linear))
    return linear
  }

  /// A layer whose weight was found in the file and is not read.
  private func unread(
    _ name: String, _ shape: [Int], _ bias: FloatBuffer?, _ inputs: Int, _ outputs: Int,
    _ precision: Precision
  ) throws(Failure) -> Linear {
    if source.info(name)?.elementType == .i8 {
      _ = try checked(name, shape, [.i8])
      let suffix = ParameterReader.scaleSuffix(
        isRotated: has(name + ParameterReader.scaleSuffix(isRotated: true)))
      _ = try copy(name + suffix, [outputs])
    } else {
      _ = try checked(name, shape)
    }
    taken.insert(name)
    return try Linear(inputs: inputs, outputs: outputs, bias: bias, precision: precision, kernels: kernels)
  }

  /// A layer whose weight is stored as int8, with a scale for each output beside it, whose name says whether the weight
  /// is rotated (docs/FORMAT.md).
  private func quantised(
    _ name: String, _ shape: [Int], _ bias: FloatBuffer?, _ inputs: Int, _ outputs: Int,
    _ precision: Precision
  ) throws(Failure) -> Linear {
    let info = try checked(name, shape, [.i8])
    let isRotated = has(name + ParameterReader.scaleSuffix(isRotated: true))
    let scales = try copy(name + ParameterReader.scaleSuffix(isRotated: isRotated), [outputs])
    taken.insert(name)
    if precision == .int8 {
      // A tensor with gaps, which no writer of such files leaves, is read as fp32, in four times the memory.
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
        quantised: numbers, scales: scales, isRotated: isRotated, bias: bias, inputs: inputs,
        outputs: outputs, kernels: kernels, pool: pool)
    }
    let numbers = try FloatBuffer(count: info.count)
    try source.read(name, into: numbers.buffer)
    for output in 0..<outputs {
      for i in output * inputs..<(output + 1) * inputs { numbers.base[i] *= scales.base[output] }
    }
    if isRotated { Linear.turnBack(numbers.base, outputs: outputs, inputs: inputs) }
    return try withExtendedLifetime(numbers) { () throws(Failure) in
      try pack(numbers.pointer, bias, inputs, outputs, precision)
    }
  }

  /// The ending that makes an int8 tensor's name the name of its scales.
  public static func scaleSuffix(isRotated: Bool) -> String { isRotated ? ".rotated_scale" : ".scale" }

  /// A layer of fp32 numbers [outputs, inputs].
  private func pack(
    _ weight: UnsafePointer<Float>, _ bias: FloatBuffer?, _ inputs: Int, _ outputs: Int,
    _ precision: Precision, gains: FloatBuffer? = nil
  ) throws(Failure) -> Linear {
    try Linear(
      weight: weight, bias: bias, inputs: inputs, outputs: outputs, precision: precision, gains: gains,
      kernels: kernels, pool: pool)
  }

  /// A layer normalisation whose weight and bias are named `prefix`weight and `prefix`bias.
  func layerNorm(_ prefix: String, _ width: Int, _ epsilon: Float) throws(Failure) -> LayerNorm {
    LayerNorm(
      weight: try tensor(prefix + "weight", [width]),
      bias: try tensor(prefix + "bias", [width]), epsilon: epsilon, kernels: kernels)
  }

  /// A projection stored as [inputs, outputs], used from the right in the reference.
  func projection(
    _ name: String, bias: String? = nil, _ inputs: Int, _ outputs: Int
  ) throws(Failure) -> Linear {
    let stored = try bias.map { (name) throws(Failure) in try tensor(name, [outputs]) }
    if bias.map({ shared[$0] != nil }) ?? true,
      case .transposed(let linear) = take(shared: name, [inputs, outputs])
    {
      return linear
    }
    let linear: Linear
    if readsNumbers {
      let weight = try FloatBuffer(count: inputs * outputs)
      try copy(name, [inputs, outputs]).transpose(rows: inputs, columns: outputs, into: weight)
      linear = try withExtendedLifetime(weight) { () throws(Failure) in
        try pack(weight.pointer, stored, inputs, outputs, .fp32)
      }
    } else {
      _ = try copy(name, [inputs, outputs])
      linear = try Linear(inputs: inputs, outputs: outputs, bias: stored, kernels: kernels)
    }
    append(name, [inputs, outputs], .transposed(linear))
    return linear
  }
}
