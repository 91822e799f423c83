/// A checkpoint written by torch.save: a zip archive with one pickle, `data.pkl`, and one stored
/// record of raw numbers per storage, `data/<key>`, all in one folder.
///
/// The tensors wanted are those of the model's state dict and of ActionCLIP's fusion head. The
/// pickle is one stream and is interpreted whole; the records of anything else, the optimizer's
/// above all, are never read.
struct TorchCheckpoint: ~Copyable {
  private let archive: ZipArchive
  /// The archive's folder with its slash: "checkpoint/".
  private let folder: [UInt8]

  // With the state of an optimizer a pickle takes some megabytes.
  static let maximumPickle = 16 << 20

  static func read(_ file: borrowing FileBytes) throws(WeightsError) -> WeightsContents {
    let archive = try ZipArchive.open(file)
    let folder = try folder(of: archive)
    return try TorchCheckpoint(archive: archive, folder: folder).contents(file)
  }

  private func contents(_ file: borrowing FileBytes) throws(WeightsError) -> WeightsContents {
    try refuseTorchScript()
    try checkByteOrder(file)
    guard let index = archive.find(folder + Array("data.pkl".utf8)) else {
      throw .invalid("the archive has no data.pkl")
    }
    let entry = archive.entries[index]
    guard entry.size <= TorchCheckpoint.maximumPickle else {
      throw .limit(
        "data.pkl takes \(entry.size) bytes; at most \(TorchCheckpoint.maximumPickle) are read")
    }
    let block = try archive.read(entry, from: file)
    let pickle = try Pickle(block)
    let dictionaries = try StateDictionaries(pickle)
    return try records(of: dictionaries, pickle, file)
  }

  // MARK: - Archive

  /// The one folder all entries lie in, found by its data.pkl.
  private static func folder(of archive: borrowing ZipArchive) throws(WeightsError) -> [UInt8] {
    var folder: [UInt8]?
    for index in 0..<archive.entries.count {
      let name = archive.name(of: archive.entries[index])
      guard let slash = name.firstIndex(of: UInt8(ascii: "/")),
        name[(slash + 1)...].elementsEqual("data.pkl".utf8)
      else { continue }
      guard folder == nil else { throw .invalid("the archive has two data.pkl") }
      folder = Array(name[...slash])
    }
    guard let folder else {
      throw WeightsError(
        .unknownFormat, "a zip archive without a data.pkl: not a checkpoint written by torch.save")
    }
    for index in 0..<archive.entries.count {
      let name = archive.name(of: archive.entries[index])
      guard name.starts(with: folder) else {
        throw .invalid("zip entry \(quoted(name)) lies outside the folder \(quoted(folder))")
      }
    }
    return folder
  }

  private func refuseTorchScript() throws(WeightsError) {
    for index in 0..<archive.entries.count {
      let name = archive.name(of: archive.entries[index]).dropFirst(folder.count)
      guard !name.elementsEqual("constants.pkl".utf8), !name.starts(with: "code/".utf8) else {
        throw .unsupported(
          "a TorchScript archive (it holds programs); save its weights instead: "
            + "torch.save(torch.jit.load('old.pt', map_location='cpu').state_dict(), 'new.pt')")
      }
    }
  }

  private func checkByteOrder(_ file: borrowing FileBytes) throws(WeightsError) {
    guard let index = archive.find(folder + Array("byteorder".utf8)) else { return }
    let entry = archive.entries[index]
    guard entry.size <= 16 else { throw .invalid("the record 'byteorder' is \(entry.size) bytes long") }
    let order = try archive.read(entry, from: file)
    defer { extendLifetime(order) }
    guard order.bytes.elementsEqual("little".utf8) else {
      throw .unsupported(
        "the checkpoint's byte order is \(quoted(order.bytes)); only 'little' is read")
    }
  }

  // MARK: - Records

  /// Every wanted tensor is checked against its record before the first record is read.
  private func records(
    of dictionaries: StateDictionaries, _ pickle: borrowing Pickle, _ file: borrowing FileBytes
  ) throws(WeightsError) -> WeightsContents {
    // Index into the blocks by zip entry; -1: not wanted so far.
    var blockOfEntry = MallocArray<Int>()
    try blockOfEntry.extend(to: archive.entries.count, filling: -1)
    var wanted: [Int] = []
    var total = 0
    var tensors: [StoredTensor] = []
    for named in dictionaries.tensors {
      let tensor = pickle.tensors[named.tensor]
      let storage = pickle.storages[tensor.storage]
      let index: Int
      let stored: StoredTensor
      do throws(WeightsError) {
        index = try record(of: storage, pickle)
        if blockOfEntry[index] < 0 {
          // As it goes: a compressed entry may claim any size, and two such sums overflow.
          let size = archive.entries[index].size
          guard size <= WeightsLimits.tensorBytes - total else {
            throw .limit(
              "with its record the tensors take over \(WeightsLimits.tensorBytes) bytes, the limit")
          }
          total += size
          blockOfEntry[index] = wanted.count
          wanted.append(index)
        }
        stored = try TorchCheckpoint.view(
          named.name, tensor, of: storage, pickle, block: blockOfEntry[index])
      } catch { throw error.within("tensor \(quoted(named.name.utf8))") }
      tensors.append(stored)
    }
    var blocks: [ByteBlock] = []
    for index in wanted { blocks.append(try archive.read(archive.entries[index], from: file)) }
    return WeightsContents(
      tensors: try sortedByName(tensors), blocks: blocks, sections: dictionaries.sections)
  }

  /// The zip entry of a storage, of exactly the size the pickle claims.
  private func record(
    of storage: PickleStorage, _ pickle: borrowing Pickle
  ) throws(WeightsError) -> Int {
    let key = pickle.slice(storage.keyStart, storage.keyCount)
    guard key.count <= 64, let index = archive.find(folder + Array("data/".utf8) + Array(key)) else {
      throw .invalid("its record 'data/\(printable(key, limit: 64))' is not in the archive")
    }
    let size = archive.entries[index].size
    let (claimed, overflow) = storage.count.multipliedReportingOverflow(by: storage.elementType.size)
    guard !overflow, claimed == size else {
      throw .invalid(
        "its record 'data/\(printable(key, limit: 64))' holds \(size) bytes where \(storage.count) "
          + "\(storage.elementType) are claimed")
    }
    return index
  }

  private static func view(
    _ name: String, _ tensor: PickleTensor, of storage: PickleStorage, _ pickle: borrowing Pickle,
    block: Int
  ) throws(WeightsError) -> StoredTensor {
    let shape = pickle.integers(at: tensor.shapeStart, count: tensor.rank)
    let strides = pickle.integers(at: tensor.stridesStart, count: tensor.rank)
    guard let info = TensorInfo(name: name, elementType: storage.elementType, shape: shape) else {
      throw .invalid("shape \(shape) overflows")
    }
    guard let span = StoredTensor.span(shape: shape, strides: strides),
      tensor.offset <= storage.count, span <= storage.count - tensor.offset
    else {
      throw .invalid(
        "shape \(shape) with strides \(strides) from element \(tensor.offset) on leaves its record "
          + "of \(storage.count) elements")
    }
    // A few stored numbers can be expanded to any number; torch.save of a parameter never does.
    let expanded = zip(shape, strides).contains { $0 > 1 && $1 == 0 }
    guard info.count == 0 || !expanded && info.count <= storage.count else {
      throw .unsupported(
        "strides \(strides) repeat elements of its record (an expanded tensor); save a .clone() of it")
    }
    let contiguous = StoredTensor.isContiguous(shape: shape, strides: strides)
    // Nothing steps along a dimension of size 1, so its stride may be any number: 0 overflows no sum.
    let steps = zip(shape, strides).map { $0 == 1 ? 0 : $1 }
    // Within the record, whose size in bytes is an Int.
    return StoredTensor(
      info: info, block: block, byteOffset: tensor.offset * storage.elementType.size,
      strides: contiguous ? nil : steps)
  }
}
