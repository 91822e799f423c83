import System
import TensorNames
import Text
import Weights

/// A checkpoint's tensors under the reference's names: renamed, put together and turned as its family's names
/// mean. Nothing is read before it is asked for. Names that the family does not have stay as they are, for the
/// model to refuse.
public final class RenamedTensors: TensorSource {
  public let names: [String]
  private let tensors: [Renamed]
  private let source: any TensorSource

  private struct Renamed {
    let info: TensorInfo
    /// The source's tensors, stacked by rows.
    let parts: [(name: String, count: Int)]
    let isTransposed: Bool
  }

  init(_ source: any TensorSource, _ layout: Layout) throws(Failure) {
    self.source = source
    var found: [(name: String, part: Int, of: Int, source: String, isTransposed: Bool)] = []
    for name in source.names {
      if let info = source.info(name), RenamedTensors.isCounter(info) { continue }
      let role = RenamedTensors.role(of: name, layout)
      switch role {
      case .nothing: continue
      case .tensor(let own): found.append((own, 0, 1, name, false))
      case .transposed(let own): found.append((own, 0, 1, name, true))
      case .part(let index, let own): found.append((own, index, 3, name, false))
      }
    }
    found.sort {
      $0.name.utf8.elementsEqual($1.name.utf8)
        ? $0.part < $1.part : bytesPrecede($0.name, $1.name)
    }
    var tensors: [Renamed] = []
    var first = 0
    while first < found.count {
      var next = first + 1
      while next < found.count, found[next].name.utf8.elementsEqual(found[first].name.utf8) { next += 1 }
      tensors.append(try RenamedTensors.tensor(found[first..<next], source))
      first = next
    }
    self.tensors = tensors
    names = tensors.map(\.info.name)
  }

  /// One whole number that stands outside of every module: steps of a training, models in an average. Those that CLIP's
  /// own archives keep so are sizes, and a scale that is one is for the model to refuse.
  private static func isCounter(_ info: TensorInfo) -> Bool {
    let others = [
      TensorNames.Buffers.imageSize, TensorNames.Buffers.contextLength, TensorNames.Buffers.vocabularySize,
      TensorNames.logitScale, TensorNames.logitBias,
    ]
    return info.elementType.isInteger && info.count == 1 && !info.name.utf8.contains(UInt8(ascii: "."))
      && !others.contains { $0.utf8.elementsEqual(info.name.utf8) }
  }

  private static func role(of name: String, _ layout: Layout) -> TensorRole {
    // The reader of torch checkpoints has named the head's tensors so.
    if name.utf8.starts(with: TensorNames.Head.prefix.utf8) { return .tensor(name) }
    if layout.family == .mmaction2, let own = removing("adapter.", from: name) {
      return .tensor(TensorNames.Head.prefix + own)
    }
    if layout.family == .openVCLIP, name.utf8.starts(with: "raw_model.".utf8) { return .nothing }
    guard let own = removing(layout.prefix, from: name) else { return .tensor(name) }
    return Names.role(of: own, layout.family) ?? .tensor(name)
  }

  private static func tensor(
    _ parts: ArraySlice<(name: String, part: Int, of: Int, source: String, isTransposed: Bool)>,
    _ source: any TensorSource
  ) throws(Failure) -> Renamed {
    guard let first = parts.first, let info = source.info(first.source) else {
      throw .invalid("a tensor that the file listed is not there any more")
    }
    let sources = parts.map { quoted($0.source.utf8) }.joined(separator: ", ")
    guard parts.map(\.part) == Array(0..<first.of) else {
      throw first.of == 1
        ? .invalid("the tensors \(sources) all stand for '\(first.name)'")
        : Failure(
          .missingTensor,
          "queries, keys and values must all be there, but of them the file has only \(sources)")
    }
    var shape = info.shape
    var counts = [(name: first.source, count: info.count)]
    for part in parts.dropFirst() {
      guard let other = source.info(part.source), other.shape == info.shape,
        other.elementType == info.elementType
      else {
        throw Failure(
          .tensorShape, "the tensors \(sources) must be of one shape and type to be put together")
      }
      counts.append((part.source, other.count))
    }
    if parts.count > 1 {
      guard let rows = shape.first, rows <= Int.max / parts.count else {
        throw Failure(.tensorShape, "tensor \(quoted(first.source.utf8)) has shape \(shape)")
      }
      shape[0] = rows * parts.count
    }
    if first.isTransposed {
      guard shape.count == 2 else {
        throw Failure(
          .tensorShape, "tensor \(quoted(first.source.utf8)) has shape \(shape), expected 2 dimensions")
      }
      shape.reverse()
    }
    guard let renamed = TensorInfo(name: first.name, elementType: info.elementType, shape: shape) else {
      throw Failure(.tensorShape, "the tensors \(sources) are too large together")
    }
    return Renamed(info: renamed, parts: counts, isTransposed: first.isTransposed)
  }

  // MARK: - Reading

  public func info(_ name: String) -> TensorInfo? { find(name)?.info }

  /// The tensor's own name in the file; of several that were put together the first one's.
  func sourceName(of name: String) -> String { find(name)?.parts.first?.name ?? name }

  public func check(_ name: String, _ pool: ThreadPool) throws(Failure) {
    for part in find(name)?.parts ?? [] { try source.check(part.name, pool) }
  }

  public func isWhole(_ name: String) -> Bool {
    guard let tensor = find(name), !tensor.isTransposed else { return false }
    return tensor.parts.allSatisfy { source.isWhole($0.name) }
  }

  public func read(
    _ name: String, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(Failure) {
    let tensor = try existing(name)
    guard destination.count == tensor.info.count else {
      throw Failure(
        .tensorShape,
        "tensor '\(name)' of shape \(tensor.info.shape) has \(tensor.info.count) elements, not "
          + "\(destination.count)")
    }
    if tensor.isTransposed { return try readTransposed(tensor, into: destination) }
    var done = 0
    for part in tensor.parts {
      try source.read(part.name, into: slice(destination, done, part.count))
      done += part.count
    }
  }

  public func read(
    _ name: String, from first: Int, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(Failure) {
    let tensor = try existing(name)
    guard isWhole(name), first >= 0, first <= tensor.info.count,
      destination.count <= tensor.info.count - first
    else {
      throw Failure(
        .tensorShape,
        "tensor '\(name)' has no \(destination.count) elements in a row from element \(first) on")
    }
    var (start, done) = (0, 0)  // of the part in the tensor, and what was read
    for part in tensor.parts {
      let from = max(first + done, start)
      let count = min(start + part.count, first + destination.count) - from
      if count > 0 {
        try source.read(part.name, from: from - start, into: slice(destination, done, count))
        done += count
      }
      start += part.count
    }
  }

  /// Reads a matrix [columns, rows] of the file as [rows, columns].
  private func readTransposed(
    _ tensor: Renamed, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(Failure) {
    let (rows, columns) = (tensor.info.shape[0], tensor.info.shape[1])
    guard let target = destination.baseAddress, tensor.info.count > 0 else { return }
    let stored: GrowingArray<Float>
    do { stored = try GrowingArray(uninitialized: tensor.info.count) } catch {
      throw error.about("tensor '\(tensor.info.name)'")
    }
    try source.read(tensor.parts[0].name, into: stored.buffer)
    for row in 0..<rows {
      for column in 0..<columns { target[row * columns + column] = stored[column * rows + row] }
    }
  }

  public func stored(_ name: String) -> UnsafeRawBufferPointer? {
    guard let tensor = find(name), !tensor.isTransposed, tensor.parts.count == 1 else { return nil }
    return source.stored(tensor.parts[0].name)
  }

  public func readStored(
    _ name: String, into destination: UnsafeMutableRawBufferPointer
  ) throws(Failure) -> Bool {
    let tensor = try existing(name)
    guard isWhole(name) else { return false }
    let size = tensor.info.elementType.size
    guard destination.count == tensor.info.count * size else {
      throw Failure(
        .tensorShape,
        "tensor '\(name)' of shape \(tensor.info.shape) takes \(tensor.info.count * size) bytes, not "
          + "\(destination.count)")
    }
    var done = 0
    for part in tensor.parts {
      let bytes = part.count * size
      guard
        try source.readStored(
          part.name, into: UnsafeMutableRawBufferPointer(rebasing: destination[done..<done + bytes]))
      else { return false }
      done += bytes
    }
    return true
  }

  private func slice(
    _ buffer: UnsafeMutableBufferPointer<Float>, _ first: Int, _ count: Int
  ) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(rebasing: buffer[first..<first + count])
  }

  private func existing(_ name: String) throws(Failure) -> Renamed {
    guard let tensor = find(name) else {
      throw Failure(.missingTensor, "the file has no tensor \(quoted(name.utf8))")
    }
    return tensor
  }

  private func find(_ name: String) -> Renamed? { position(of: name).map { tensors[$0] } }
}
