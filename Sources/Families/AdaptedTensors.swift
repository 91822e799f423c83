import System
import TensorNames
import Text
import Weights

/// A model's tensors with the matrices of a LoRA merged in.
final class AdaptedTensors: ForwardingTensors {
  private let base: any TensorSource
  private let merged: MergedTensors

  init(_ base: any TensorSource, _ adapter: AdapterFolder) throws(Failure) {
    self.base = base
    merged = try MergedTensors(base, adapter)
  }

  var names: [String] { base.names }

  func source(of name: String) -> any TensorSource { merged.info(name) == nil ? base : merged }
}

/// The tensors that a LoRA changes: W + scaling · B · A, in fp32, and those that were trained whole.
private final class MergedTensors: ComputedTensors {
  private let base: any TensorSource
  private let weights: WeightsFile
  private var changes: [String: [Change]] = [:]

  /// A change of a tensor, or of one of several parts of its rows.
  private struct Change {
    let part, parts: Int
    /// Whether the tensor is [inputs, outputs], unlike the adapter's.
    let isTransposed: Bool
    /// The matrix, or of a product B: its tensor's name.
    let name: String
    /// A of a product, with its rank; nil: the numbers take the place of the model's.
    let factor: (name: String, rank: Int, scaling: Float)?
  }

  private static let (endOfA, endOfB) = (".lora_A.weight", ".lora_B.weight")

  init(_ base: any TensorSource, _ adapter: AdapterFolder) throws(Failure) {
    self.base = base
    weights = adapter.weights
    for name in weights.names {
      do throws(Failure) {
        if name.hasSuffix(MergedTensors.endOfA) {
          let module = name.dropLast(MergedTensors.endOfA.utf8.count)
          try add(module, String(module) + MergedTensors.endOfB, factor: name, adapter.configuration)
        } else if name.hasSuffix(MergedTensors.endOfB) {
          let other = String(name.dropLast(MergedTensors.endOfB.utf8.count)) + MergedTensors.endOfA
          guard weights.info(other) != nil else { throw .invalid("its lora_A is missing") }
        } else {
          try add(whole: name)
        }
      } catch { throw error.about(quoted(name.utf8)) }
    }
    guard !changes.isEmpty else { throw .invalid("the adapter has no tensor") }
  }

  // MARK: - Reading the adapter's names

  private func add(
    _ module: Substring, _ name: String, factor: String, _ configuration: AdapterConfiguration
  ) throws(Failure) {
    guard let a = weights.info(factor)?.shape, let b = weights.info(name)?.shape else {
      throw .invalid("its lora_B is missing")
    }
    guard a.count == 2, b.count == 2, a[0] == b[1], a[0] > 0 else {
      throw .unsupported("shapes \(a) and \(b) are those of no two matrices, which alone are merged")
    }
    let rank = a[0]
    try add(
      String(module) + ".weight", [b[0], a[1]], name,
      factor: (factor, rank, configuration.scaling(rank: rank)))
  }

  /// A tensor that was trained whole, as `modules_to_save` and biases are.
  private func add(whole name: String) throws(Failure) {
    guard !name.utf8Contains("lora_"), let info = weights.info(name) else {
      throw .unsupported(
        "is of a kind of adapter that is not merged here: merge it in peft (merge_and_unload)")
    }
    try add(name, info.shape, name, factor: nil)
  }

  /// Adds a change of the tensor that `target` names, without its base layer's infix. `shape` is that of the change.
  private func add(
    _ target: String, _ shape: [Int], _ name: String, factor: (name: String, rank: Int, scaling: Float)?
  ) throws(Failure) {
    let own = MergedTensors.modelsName(target)
    guard let (canonical, part, parts, isTransposed) = place(of: own), let info = base.info(canonical) else {
      throw .unsupported("changes \(quoted(own.utf8)), which the base model does not have")
    }
    guard info.elementType != .i8 else {
      throw .unsupported("changes a base model of int8: give its fp32 file")
    }
    var expected = info.shape
    if parts > 1, let rows = expected.first { expected[0] = rows / parts }
    guard shape == (isTransposed ? expected.reversed() : expected) else {
      throw Failure(
        .tensorShape,
        "changes numbers of shape \(shape), and the base model's '\(canonical)' has \(info.shape)")
    }
    changes[canonical, default: []].append(
      Change(part: part, parts: parts, isTransposed: isTransposed, name: name, factor: factor))
  }

  /// The base's tensor, or the part of its rows, that a name means: one of transformers' models, or the base's own.
  /// Nil where the base has no such tensor.
  private func place(of own: String) -> (name: String, part: Int, parts: Int, isTransposed: Bool)? {
    let places: [(name: String, part: Int, parts: Int, isTransposed: Bool)] =
      [Family.huggingFaceXCLIP, .sigLIP].map { family in
        switch Names.role(of: own, family) {
        case .tensor(let name): (name, 0, 1, false)
        case .transposed(let name): (name, 0, 1, true)
        case .part(let index, let name): (name, index, 3, false)
        // The others are of timm's encoders alone.
        case .half, .outerPart, .squeezed, .scaled, .nothing, nil: (own, 0, 1, false)
        }
      }
    return places.first { base.info($0.name) != nil }
  }

  /// A tensor's name in the adapted model, without the prefixes of PEFT and of wrappers.
  private static func modelsName(_ name: String) -> String {
    var rest = Substring(name)
    if rest.hasPrefix("base_model.") { rest = rest.dropFirst("base_model.".utf8.count) }
    while let wrapper = Layout.wrappers.first(where: rest.hasPrefix) {
      rest = rest.dropFirst(wrapper.utf8.count)
    }
    for ending in ["weight", "bias"] where rest.hasSuffix(".base_layer." + ending) {
      rest = rest.dropLast(".base_layer.".utf8.count + ending.utf8.count)
      return String(rest) + "." + ending
    }
    return String(rest)
  }

  // MARK: - Merging

  var names: [String] { base.names }

  func info(_ name: String) -> TensorInfo? {
    guard changes[name] != nil, let info = base.info(name) else { return nil }
    return TensorInfo(name: name, elementType: .f32, shape: info.shape)
  }

  func read(_ name: String, into destination: UnsafeMutableBufferPointer<Float>) throws(Failure) {
    try base.read(name, into: destination)
    guard let start = destination.baseAddress, let shape = base.info(name)?.shape else { return }
    for change in changes[name] ?? [] {
      let count = destination.count / change.parts
      let (rows, columns) = ((shape.first ?? 1) / change.parts, shape.count > 1 ? shape[1] : 1)
      let part = start + change.part * count
      if let factor = change.factor {
        try add(change, factor, to: part, rows: rows, columns: columns)
      } else {
        try write(change, to: part, rows: rows, columns: columns, count: count)
      }
    }
  }

  /// Adds scaling · B · A to numbers [rows, columns].
  private func add(
    _ change: Change, _ factor: (name: String, rank: Int, scaling: Float),
    to out: UnsafeMutablePointer<Float>,
    rows: Int, columns: Int
  ) throws(Failure) {
    let rank = factor.rank
    var (left, right) = (change.name, factor.name)
    if change.isTransposed { swap(&left, &right) }
    // [rows, rank] and [rank, columns]: of a tensor [inputs, outputs] the transposed A and B.
    var l = try numbers(left, rows * rank)
    var r = try numbers(right, rank * columns)
    if change.isTransposed {
      l = try transposed(l, rows: rank, columns: rows)
      r = try transposed(r, rows: columns, columns: rank)
    }
    let sums = try GrowingArray<Float>(repeating: 0, count: columns)
    for row in 0..<rows {
      sums.base.update(repeating: 0, count: columns)
      for k in 0..<rank {
        let (share, from) = (l.base[row * rank + k], r.base + k * columns)
        for i in 0..<columns { sums.base[i] += share * from[i] }
      }
      let own = out + row * columns
      for i in 0..<columns { own[i] += factor.scaling * sums.base[i] }
    }
    extendLifetime(l)
    extendLifetime(r)
    extendLifetime(sums)
  }

  /// Writes numbers in place of those at `out`, [rows, columns] or as many in a row.
  private func write(
    _ change: Change, to out: UnsafeMutablePointer<Float>, rows: Int, columns: Int, count: Int
  ) throws(Failure) {
    var own = try numbers(change.name, count)
    if change.isTransposed { own = try transposed(own, rows: columns, columns: rows) }
    out.update(from: own.base, count: count)
    extendLifetime(own)
  }

  private func numbers(_ name: String, _ count: Int) throws(Failure) -> GrowingArray<Float> {
    let numbers = try GrowingArray<Float>(uninitialized: count)
    try weights.read(name, into: UnsafeMutableBufferPointer(start: numbers.base, count: count))
    return numbers
  }

  private func transposed(
    _ numbers: borrowing GrowingArray<Float>, rows: Int, columns: Int
  ) throws(Failure) -> GrowingArray<Float> {
    let out = try GrowingArray<Float>(uninitialized: rows * columns)
    for row in 0..<rows {
      for column in 0..<columns { out.base[column * rows + row] = numbers.base[row * columns + column] }
    }
    return out
  }
}
