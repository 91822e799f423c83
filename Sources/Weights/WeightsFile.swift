/// A format that weights are read from.
public enum WeightsFormat: Sendable {
  case safetensors
  /// A zip archive written by torch.save.
  case torch
}

/// The tensors of one file, read into memory. The format is told by the first bytes and exactly one
/// reader is tried: falling back from one to another is how safe loaders were fooled.
///
/// Safetensors names are given as they are, except that a `module.` or `fusion.module.` carried by
/// all names of the model or of the head is removed. For torch checkpoints see `sections` and
/// `StateDictionaries`. Immutable after init.
public final class WeightsFile: TensorSource {
  public let format: WeightsFormat
  /// The safetensors header's `__metadata__`, sorted by key; empty for torch.
  public let metadata: [(key: String, value: String)]
  /// Which dicts a torch checkpoint holds at its top, such as `model_state_dict` and
  /// `optimizer_state_dict`, in the file's order; empty for a bare state dict and for safetensors.
  public let sections: [String]
  /// Every tensor's name, sorted by its bytes.
  public let names: [String]

  private let tensors: [StoredTensor]
  private let blocks: [ByteBlock]

  /// Reads the file at `path` into private memory and closes it. Of a torch checkpoint only the
  /// records of the model's tensors are read.
  public convenience init(path: String) throws(WeightsError) {
    guard !path.utf8.contains(0) else {
      throw WeightsError(.fileOpen, "the path \(quoted(path.utf8)) contains a NUL")
    }
    // String.withCString does not carry typed errors.
    let characters = path.utf8CString
    guard
      let result = characters.withUnsafeBufferPointer({ buffer in
        buffer.baseAddress.map { start in
          Result { () throws(WeightsError) in try WeightsFile.open(start) }
        }
      })
    else { throw WeightsError(.fileOpen, "the path is empty") }
    try self.init(result.get())
  }

  /// The same for a path that need not be UTF-8, as Linux has them: NUL-terminated bytes.
  public convenience init(cPath: UnsafePointer<CChar>) throws(WeightsError) {
    try self.init(WeightsFile.open(cPath))
  }

  /// Reads from the caller's memory, which is borrowed and not copied: it must stay as it is for
  /// as long as this object lives.
  public convenience init(bytes: UnsafeRawBufferPointer) throws(WeightsError) {
    try self.init(WeightsFile.contents(of: FileBytes(bytes)))
  }

  private init(_ opened: (format: WeightsFormat, contents: WeightsContents)) {
    format = opened.format
    metadata = opened.contents.metadata
    sections = opened.contents.sections
    tensors = opened.contents.tensors
    names = tensors.map(\.info.name)
    blocks = opened.contents.blocks
  }

  public func info(_ name: String) -> TensorInfo? { find(name)?.info }

  public func read(
    _ name: String, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(WeightsError) {
    guard let tensor = find(name) else {
      throw WeightsError(.missingTensor, "the file has no tensor \(quoted(name.utf8))")
    }
    guard destination.count == tensor.info.count else {
      throw WeightsError(
        .tensorShape,
        "tensor \(quoted(name.utf8)) of shape \(tensor.info.shape) has "
          + "\(tensor.info.count) elements, not \(destination.count)")
    }
    let block = blocks[tensor.block]
    defer { extendLifetime(block) }
    tensor.copy(from: block.bytes, into: destination)
  }

  public func stored(_ name: String) -> UnsafeRawBufferPointer? {
    guard let tensor = find(name), tensor.strides == nil else { return nil }
    let bytes = blocks[tensor.block].bytes
    let end = tensor.byteOffset + tensor.info.count * tensor.info.elementType.size
    return UnsafeRawBufferPointer(rebasing: bytes[tensor.byteOffset..<end])
  }

  private func find(_ name: String) -> StoredTensor? {
    var low = 0
    var high = tensors.count
    while low < high {
      let middle = (low + high) / 2
      if bytesPrecede(tensors[middle].info.name, name) { low = middle + 1 } else { high = middle }
    }
    guard low < tensors.count, tensors[low].info.name.utf8.elementsEqual(name.utf8) else {
      return nil
    }
    return tensors[low]
  }

  // MARK: - Opening

  private static func open(
    _ path: UnsafePointer<CChar>
  ) throws(WeightsError) -> (format: WeightsFormat, contents: WeightsContents) {
    do {
      return try contents(of: FileBytes(path: path))
    } catch {
      throw error.within(path)
    }
  }

  private static func contents(
    of file: consuming FileBytes
  ) throws(WeightsError) -> (format: WeightsFormat, contents: WeightsContents) {
    let format = try FormatDetector.format(of: file)
    let contents: WeightsContents
    switch format {
    case .safetensors: contents = try Safetensors.read(file)
    case .torch: contents = try TorchCheckpoint.read(file)
    }
    try file.checkUnchanged()
    return (format, contents)
  }
}
