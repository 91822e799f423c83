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
    /// The source's tensors, stacked by rows; zeros where there is no name.
    let parts: [(name: String?, count: Int)]
    let isTransposed: Bool
    /// The factor that the numbers are multiplied by.
    let factor: Float

    /// Whether the numbers are those of the source, in its order.
    var isStored: Bool { !isTransposed && factor == 1 && parts.allSatisfy { $0.name != nil } }
  }

  /// How a tensor is made of several ones, below each other.
  private enum Stack {
    case none
    /// Two, of which each has its own number of rows.
    case halves
    /// Three alike.
    case thirds
    /// Two alike, with as many zeros between them.
    case outerThirds

    /// The numbers of the parts that must be there.
    var parts: [Int] {
      switch self {
      case .none: [0]
      case .halves: [0, 1]
      case .thirds: [0, 1, 2]
      case .outerThirds: [0, 2]
      }
    }
  }

  /// A tensor of the source, and its place in the tensor that it is a part of.
  private struct Entry {
    let name: String
    let source: String
    var part = 0
    var stack = Stack.none
    var isTransposed = false
    /// Whether leading dimensions of 1 are left out.
    var isSqueezed = false
    var factor: Float = 1
  }

  init(_ source: any TensorSource, _ layout: Layout) throws(Failure) {
    self.source = source
    var found: [Entry] = []
    for name in source.names {
      if let info = source.info(name), RenamedTensors.isCounter(info) { continue }
      switch RenamedTensors.role(of: name, layout) {
      case .nothing: continue
      case .tensor(let own): found.append(Entry(name: own, source: name))
      case .transposed(let own): found.append(Entry(name: own, source: name, isTransposed: true))
      case .part(let index, let own):
        found.append(Entry(name: own, source: name, part: index, stack: .thirds))
      case .half(let index, let own):
        found.append(Entry(name: own, source: name, part: index, stack: .halves))
      case .outerPart(let index, let own):
        found.append(Entry(name: own, source: name, part: index, stack: .outerThirds))
      case .squeezed(let own): found.append(Entry(name: own, source: name, isSqueezed: true))
      case .scaled(let own, let factor): found.append(Entry(name: own, source: name, factor: factor))
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
    _ parts: ArraySlice<Entry>, _ source: any TensorSource
  ) throws(Failure) -> Renamed {
    guard let first = parts.first, let info = source.info(first.source) else {
      throw .invalid("a tensor that the file listed is not there any more")
    }
    let sources = parts.map { quoted($0.source.utf8) }.joined(separator: ", ")
    guard parts.map(\.part) == first.stack.parts, parts.allSatisfy({ $0.stack == first.stack }) else {
      throw first.stack == .none
        ? .invalid("the tensors \(sources) all stand for '\(first.name)'")
        : Failure(
          .missingTensor,
          "queries, keys and values must all be there, but of them the file has only \(sources)")
    }
    var (shape, rows) = (info.shape, info.shape.first ?? 0)
    var counts: [(name: String?, count: Int)] = [(first.source, info.count)]
    if first.stack == .outerThirds { counts.append((nil, info.count)) }
    for part in parts.dropFirst() {
      guard let other = source.info(part.source), other.elementType == info.elementType, !shape.isEmpty,
        other.shape.count == shape.count, other.shape.dropFirst() == shape.dropFirst(),
        first.stack == .halves || other.shape == shape
      else {
        throw Failure(
          .tensorShape, "the tensors \(sources) must be of one shape and type to be put together")
      }
      counts.append((part.source, other.count))
      rows = try sum(rows, other.shape[0], sources)
    }
    if first.stack == .outerThirds { rows = try sum(rows, shape[0], sources) }
    if first.stack != .none { shape[0] = rows }
    if first.isTransposed {
      guard shape.count == 2 else {
        throw Failure(
          .tensorShape, "tensor \(quoted(first.source.utf8)) has shape \(shape), expected 2 dimensions")
      }
      shape.reverse()
    }
    // A factor is one of numbers, not of int8 that scales beside them make numbers.
    guard first.factor == 1 || info.elementType != .i8 else {
      throw .unsupported("tensor \(quoted(first.source.utf8)) is of int8, expected fp32, fp16 or bf16")
    }
    if first.isSqueezed { while shape.count > 1, shape[0] == 1 { shape.removeFirst() } }
    guard let renamed = TensorInfo(name: first.name, elementType: info.elementType, shape: shape) else {
      throw Failure(.tensorShape, "the tensors \(sources) are too large together")
    }
    return Renamed(info: renamed, parts: counts, isTransposed: first.isTransposed, factor: first.factor)
  }

  private static func sum(_ a: Int, _ b: Int, _ sources: String) throws(Failure) -> Int {
    let (sum, isTooLarge) = a.addingReportingOverflow(b)
    guard !isTooLarge else { throw Failure(.tensorShape, "the tensors \(sources) are too large together") }
    return sum
  }

  // MARK: - Reading

  public func info(_ name: String) -> TensorInfo? { find(name)?.info }

  /// The tensor's own name in the file; of several that were put together the first one's.
  func sourceName(of name: String) -> String { find(name)?.parts.first?.name ?? name }

  public func check(_ name: String, _ pool: ThreadPool) throws(Failure) {
    for case (let part?, _) in find(name)?.parts ?? [] { try source.check(part, pool) }
  }

  public func isWhole(_ name: String) -> Bool {
    guard let tensor = find(name), tensor.isStored else { return false }
    return tensor.parts.allSatisfy { part in part.name.map { source.isWhole($0) } ?? false }
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
      let own = slice(destination, done, part.count)
      if let name = part.name { try source.read(name, into: own) } else { own.update(repeating: 0) }
      done += part.count
    }
    guard tensor.factor != 1 else { return }
    for i in 0..<destination.count { destination[i] *= tensor.factor }
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
      if count > 0, let name = part.name {
        try source.read(name, from: from - start, into: slice(destination, done, count))
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
    guard let target = destination.baseAddress, tensor.info.count > 0, let name = tensor.parts[0].name else {
      return
    }
    let stored: GrowingArray<Float>
    do { stored = try GrowingArray(uninitialized: tensor.info.count) } catch {
      throw error.about("tensor '\(tensor.info.name)'")
    }
    try source.read(name, into: stored.buffer)
    for row in 0..<rows {
      for column in 0..<columns { target[row * columns + column] = stored[column * rows + row] }
    }
  }

  public func stored(_ name: String) -> UnsafeRawBufferPointer? {
    guard let tensor = find(name), tensor.isStored, tensor.parts.count == 1, let own = tensor.parts[0].name
    else { return nil }
    return source.stored(own)
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
      guard let name = part.name,
        try source.readStored(
          name, into: UnsafeMutableRawBufferPointer(rebasing: destination[done..<done + bytes]))
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
