import System
import Digest
import Text
import Weights

/// The files that a path stands for.
struct CheckpointFiles {
  let tensors: any TensorSource
  let files: [WeightsFile]
  let folder: FilePath
  /// The file of weights, or the index.
  private let main: FilePath

  static let maximumIndex = 4 << 20

  /// Names of the weights in a folder, the preferred one first: a folder may hold the same weights in several forms.
  private static let inFolder =
    ofTransformers + ["open_clip_model.safetensors", "open_clip_pytorch_model.bin"]

  private static let ofTransformers = [
    "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json",
  ]

  /// The hash of an index and its shards: that of the lines which sha256sum prints for them, sorted by name.
  let sha256: SHA256.Digest?

  init(_ path: FilePath, _ hashing: HashRequest) throws(Failure) {
    (main, folder) = try CheckpointFiles.place(path)
    let opened = try OpenedWeights(
      path: main, hashing: hashing, .known, indexAtMost: CheckpointFiles.maximumIndex)
    switch opened {
    case .index(let index):
      let sharded: ShardedTensors
      do throws(Failure) {
        (sharded, sha256) = try CheckpointFiles.shards(of: index.bytes, named: main, in: folder, hashing)
      } catch { throw error.about(main) }
      extendLifetime(index)
      tensors = sharded
      files = sharded.files
    case .file(let file):
      tensors = file
      files = [file]
      sha256 = file.sha256
    }
  }

  /// The file of weights or index that a path stands for, and the folder it lies in.
  static func place(_ path: FilePath) throws(Failure) -> (main: FilePath, folder: FilePath) {
    guard path.isDirectory else { return (path, path.folder) }
    guard let name = inFolder.first(where: { path.file($0).exists }) else {
      throw Failure(
        .fileOpen,
        "\(path.shown): a folder that holds none of " + inFolder.joined(separator: ", ")
          + "; if the weights have another name, give that file")
    }
    return (path.file(name), path)
  }

  /// Whether a folder holds weights of a model.
  static func isThere(in folder: FilePath) -> Bool { inFolder.contains { folder.file($0).exists } }

  /// The tensors of an index's shards, and the hash of index and shards if it is asked for. Then all are hashed and judged
  /// before any is parsed.
  private static func shards(
    of index: UnsafeRawBufferPointer, named main: FilePath, in folder: FilePath, _ hashing: HashRequest
  ) throws(Failure) -> (ShardedTensors, SHA256.Digest?) {
    let named = try ShardIndex(index)
    var totals = ShardTotals()
    if case .none = hashing {
      let files = try each(named.shards, in: folder) { (path) throws(Failure) in
        let file = try WeightsFile(path: path, keys: .known)
        try totals.add(file)
        return file
      }
      return (try ShardedTensors(named, files), nil)
    }
    var read = 0
    let unparsed = try each(named.shards, in: folder) { (path) throws(Failure) in
      let file = try UnparsedWeights(path: path, beside: read)
      read += file.byteCount
      return file
    }
    let hash = CheckpointHash.of(index, named: main, zip(named.shards, unparsed).map { ($0, $1.sha256) })
    try check(hash, hashing)
    var files: [WeightsFile] = []
    for file in unparsed {
      files.append(try file.parse(.known))
      try totals.add(files[files.count - 1])
    }
    return (try ShardedTensors(named, files), hash)
  }

  /// Opens each file of a folder with `open`.
  private static func each<Opened>(
    _ names: [String], in folder: FilePath, _ open: (FilePath) throws(Failure) -> Opened
  ) throws(Failure) -> [Opened] {
    var opened: [Opened] = []
    for name in names { opened.append(try open(folder.file(name))) }
    return opened
  }

  private static func check(_ found: SHA256.Digest, _ hashing: HashRequest) throws(Failure) {
    guard case .expect(let expected) = hashing, found != expected else { return }
    throw Failure(
      .hashMismatch,
      "the SHA-256 of the index's and its files' lines is \(found.hexadecimal), expected "
        + "\(expected.hexadecimal): these are not the files that were meant")
  }

  static func parse<R>(
    _ path: FilePath, _ body: (UnsafeRawBufferPointer) throws(Failure) -> R
  ) throws(Failure) -> R {
    let file = try WholeFile(path: path, atMost: Configurations.maximumBytes)
    defer { extendLifetime(file) }
    do { return try body(file.bytes) } catch { throw error.about(path) }
  }

  /// A file beside the weights, if it is there.
  func configuration(_ name: String) -> FilePath? {
    let path = folder.file(name)
    return path.exists ? path : nil
  }

  var isNamedAsOpenCLIPs: Bool { main.lastPart.starts(with: "open_clip_".utf8) }

  /// open_clip_config.json beside a file named as open_clip's own; beside other files it describes other weights.
  var openCLIPConfiguration: FilePath? {
    isNamedAsOpenCLIPs ? configuration("open_clip_config.json") : nil
  }

  /// Refuses a folder of transformers whose config.json names another architecture than CLIP.
  func refuseForeign() throws(Failure) {
    let isTransformers = CheckpointFiles.ofTransformers.contains { $0.utf8.elementsEqual(main.lastPart) }
    guard isTransformers, let path = configuration("config.json") else { return }
    try CheckpointFiles.parse(path) { (bytes) throws(Failure) in try ForeignModels.check(bytes) }
  }

  /// How pictures are prepared, as transformers finds it: an image processor inside processor_config.json goes before
  /// preprocessor_config.json.
  func addImageProcessor(to traits: inout FamilyTraits, of family: Family) throws(Failure) {
    var found: (file: String, processor: ImageProcessorConfiguration)?
    for name in ["processor_config.json", "preprocessor_config.json"] where found == nil {
      guard let path = configuration(name) else { continue }
      found = try CheckpointFiles.parse(path) { (bytes) throws(Failure) in
        let isNested = name == "processor_config.json"
        let processor =
          try isNested
          ? ImageProcessorConfiguration.inProcessor(bytes, of: family)
          : ImageProcessorConfiguration(bytes, of: family)
        return processor.map { (name, $0) }
      }
    }
    guard let (file, processor) = found else { return }
    (traits.mean, traits.std) = processor.channels
    traits.shortSide = processor.shortSide
    traits.filter = processor.isBilinear ? .bilinear : .bicubic
    if let side = processor.squareSide, let own = traits.imageSize, side != own {
      throw .unsupported(
        "\(file) says that pictures are squares of \(side) pixels, but config.json says \(own): the two are not of one "
          + "model")
    }
    if let side = processor.cropSide {
      traits.sizes.add(.imageSize, side, "\(file) says that 'crop_size' is")
    }
  }
}
