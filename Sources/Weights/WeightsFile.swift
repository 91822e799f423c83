import Digest
import System
import Text

/// A format that weights are read from.
public enum WeightsFormat: Sendable {
  case safetensors
  /// A zip archive written by torch.save.
  case torch
  /// A zip archive written by torch.jit.save, as CLIP's own files are. Only its tensors are read, never its programs.
  case torchScript
}

/// The tensors of one file. The format is told by the file itself and exactly one reader is tried: falling
/// back from one to another is how safe loaders were fooled.
///
/// The file stays open, and each of its tensors is read when it is asked for: a large file is never in memory as a
/// whole, unless it is hashed (see `HashRequest`). `checkUnchanged` is to be called after the last of them.
///
/// Names of safetensors are given as they are, except for `SharedPrefixes`; for those of torch checkpoints see
/// `StateDictionaries`, for those of TorchScript `ModuleTree`. Immutable after init.
public final class WeightsFile: TensorSource {
  public let format: WeightsFormat
  /// The safetensors header's `__metadata__`, sorted by key; empty for torch.
  public let metadata: TextPairs
  /// Keys of the dicts at a torch checkpoint's top, such as `state_dict`, in the file's order; empty for a bare state
  /// dict and for the other formats.
  public let sections: [String]
  /// The key at a torch checkpoint's top under which the tensors lie; nil for a bare state dict.
  public var container: String? { sections.first { keys.containers.contains($0) } }
  /// The text that a torch checkpoint has under the key of its settings; see `StateDictKeys`.
  public let settings: [UInt8]?
  /// Every tensor's name, sorted by its bytes.
  public let names: [String]
  /// The whole file's hash, if it was asked for.
  public let sha256: SHA256.Digest?

  private let tensors: [StoredTensor]
  private let records: ArchiveRecords

  private let file: FileBytes
  private let keys: StateDictKeys

  /// Opens the file at `path`.
  public convenience init(
    path: FilePath, hashing: HashRequest = .none, keys: StateDictKeys = StateDictKeys()
  ) throws(Failure) {
    do { try self.init(FileBytes(path: path), hashing, keys) } catch { throw error.about(path) }
  }

  /// Reads from the caller's memory, which is borrowed and not copied: it must stay as it is for
  /// as long as this object lives.
  public convenience init(
    bytes: UnsafeRawBufferPointer, hashing: HashRequest = .none, keys: StateDictKeys = StateDictKeys()
  ) throws(Failure) {
    try self.init(FileBytes(bytes), hashing, keys)
  }

  convenience init(
    _ file: consuming FileBytes, _ hashing: HashRequest, _ keys: StateDictKeys
  ) throws(Failure) {
    // First, so that a file that was not meant is never parsed.
    let sha256 = try hashing.digest(of: &file)
    try self.init(file, sha256: sha256, keys)
  }

  init(
    _ file: consuming FileBytes, sha256: SHA256.Digest?, _ keys: StateDictKeys
  ) throws(Failure) {
    let format: WeightsFormat
    let contents: WeightsContents
    do {
      switch try FormatDetector.container(of: file) {
      case .safetensors:
        format = .safetensors
        contents = try Safetensors.read(file, keys)
      case .zip:
        let archive = try TorchArchive.open(file)
        format = archive.format
        contents = try archive.contents(file, keys)
      }
    } catch {
      try file.checkUnchanged()  // a mix of two files looks like a damaged one
      throw error
    }
    try file.checkUnchanged()
    self.file = file
    self.keys = keys
    self.sha256 = sha256
    self.format = format
    metadata = contents.metadata
    sections = contents.sections
    settings = contents.settings
    tensors = contents.tensors
    names = tensors.map(\.info.name)
    records = contents.records
  }

  /// A file that was written to while its tensors were read may be a mix of two.
  public func checkUnchanged() throws(Failure) { try file.checkUnchanged() }

  public func info(_ name: String) -> TensorInfo? { find(name)?.info }

  public func read(
    _ name: String, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(Failure) {
    guard let tensor = find(name) else {
      throw Failure(.missingTensor, "the file has no tensor \(quoted(name.utf8))")
    }
    guard destination.count == tensor.info.count else {
      throw Failure(
        .tensorShape,
        "tensor \(quoted(name.utf8)) of shape \(tensor.info.shape) has "
          + "\(tensor.info.count) elements, not \(destination.count)")
    }
    try check(tensor)
    guard tensor.strides == nil else {
      let block = try file.block(at: tensor.byteOffset, count: tensor.byteSpan)
      defer { extendLifetime(block) }
      return tensor.copy(from: block.bytes, into: destination)
    }
    try read(tensor, from: 0, into: destination)
  }

  public func check(_ name: String, _ pool: ThreadPool) throws(Failure) {
    if let tensor = find(name) { try check(tensor, pool) }
  }

  private func check(_ tensor: StoredTensor, _ pool: ThreadPool? = nil) throws(Failure) {
    if let record = tensor.record { try records.check(record, in: file, pool) }
  }

  public func isWhole(_ name: String) -> Bool { find(name)?.strides == nil }

  public func read(
    _ name: String, from first: Int, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(Failure) {
    guard let tensor = find(name) else {
      throw Failure(.missingTensor, "the file has no tensor \(quoted(name.utf8))")
    }
    let count = tensor.info.count
    guard tensor.strides == nil, first >= 0, first <= count, destination.count <= count - first else {
      throw Failure(
        .tensorShape,
        "tensor \(quoted(name.utf8)) of shape \(tensor.info.shape) has no \(destination.count) elements in a row "
          + "from element \(first) on")
    }
    try check(tensor)
    try read(tensor, from: first, into: destination)
  }

  /// Reads elements from `first` on of a tensor whose elements lie side by side; the caller has checked that there
  /// are so many. Where they are converted they are read in pieces, so that no second copy of a tensor is needed.
  private func read(
    _ tensor: StoredTensor, from first: Int, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(Failure) {
    guard let target = destination.baseAddress else { return }
    let type = tensor.info.elementType
    let start = tensor.byteOffset + first * type.size
    if let bytes = file.borrowed(at: start, count: destination.count * type.size)?.baseAddress {
      FloatConversion.convert(type, from: bytes, stride: 1, count: destination.count, into: target)
      return
    }
    if type == .f32 { return try file.read(at: start, into: UnsafeMutableRawBufferPointer(destination)) }
    let piece = 1 << 18
    let bytes = try ByteBlock(count: min(piece, destination.count) * type.size) { _ in }
    defer { extendLifetime(bytes) }
    guard let memory = UnsafeMutableRawPointer(mutating: bytes.bytes.baseAddress) else { return }
    var done = 0
    while done < destination.count {
      let count = min(piece, destination.count - done)
      try file.read(
        at: start + done * type.size,
        into: UnsafeMutableRawBufferPointer(start: memory, count: count * type.size))
      FloatConversion.convert(type, from: memory, stride: 1, count: count, into: target + done)
      done += count
    }
  }

  public func stored(_ name: String) -> UnsafeRawBufferPointer? {
    guard let tensor = find(name), tensor.strides == nil, tensor.record.map(records.isChecked) ?? true else {
      return nil
    }
    return file.borrowed(at: tensor.byteOffset, count: tensor.byteCount)
  }

  public func readStored(
    _ name: String, into destination: UnsafeMutableRawBufferPointer
  ) throws(Failure) -> Bool {
    guard let tensor = find(name) else {
      throw Failure(.missingTensor, "the file has no tensor \(quoted(name.utf8))")
    }
    guard destination.count == tensor.byteCount else {
      throw Failure(
        .tensorShape,
        "tensor \(quoted(name.utf8)) of shape \(tensor.info.shape) takes \(tensor.byteCount) bytes, not "
          + "\(destination.count)")
    }
    guard tensor.strides == nil else { return false }
    try check(tensor)
    try file.read(at: tensor.byteOffset, into: destination)
    return true
  }

  private func find(_ name: String) -> StoredTensor? { position(of: name).map { tensors[$0] } }
}
