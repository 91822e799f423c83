import System
import Text

/// A tensor of the pickle and the name the library gives it.
struct NamedTensor {
  let name: String
  /// The tensor's index among the pickle's tensors.
  let tensor: Int
}

extension TorchArchive {
  /// Every wanted tensor is checked to lie in its record. No record is read yet.
  func contents(
    of named: [NamedTensor], _ pickle: borrowing Pickle
  ) throws(Failure) -> WeightsContents {
    // Index into the records by zip entry; -1: not wanted so far.
    var recordOfEntry = GrowingArray<Int>()
    try recordOfEntry.extend(to: archive.entries.count, filling: -1)
    var records: [ArchiveRecords.Record] = []
    var (total, spans) = (0, 0)
    var tensors: [StoredTensor] = []
    for named in named {
      let tensor = pickle.tensors[named.tensor]
      let storage = pickle.storages[tensor.storage]
      let index: Int
      let stored: StoredTensor
      do throws(Failure) {
        index = try record(of: storage, pickle)
        if recordOfEntry[index] < 0 {
          // As it goes: a compressed entry may claim any size, and two such sums overflow.
          let size = archive.entries[index].size
          guard size <= WeightsLimits.tensorBytes - total else {
            throw .limit(
              "with its record the tensors take over \(WeightsLimits.tensorBytes) bytes, the limit")
          }
          total += size
          recordOfEntry[index] = records.count
          records.append(try archive.record(of: archive.entries[index]))
        }
        let place = recordOfEntry[index]
        stored = try TorchArchive.view(
          named.name, tensor, of: storage, pickle, record: (place, records[place].offset))
        // Bytes between a tensor's numbers are read with them, and tensors may share it.
        if stored.strides != nil {
          guard stored.byteSpan <= WeightsLimits.tensorBytes - spans else {
            throw .limit(
              "with the gaps between its numbers the tensors take over \(WeightsLimits.tensorBytes) bytes, the limit"
            )
          }
          spans += stored.byteSpan
        }
      } catch { throw error.about("tensor \(quoted(named.name.utf8))") }
      tensors.append(stored)
    }
    return WeightsContents(tensors: try sortedByName(tensors), records: ArchiveRecords(records))
  }

  /// The zip entry of a storage, of exactly the size the pickle claims.
  private func record(
    of storage: PickleStorage, _ pickle: borrowing Pickle
  ) throws(Failure) -> Int {
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
    record: (index: Int, offset: Int)
  ) throws(Failure) -> StoredTensor {
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
    // Within the record, which lies in the file.
    return StoredTensor(
      info: info, record: record.index, byteOffset: record.offset + tensor.offset * storage.elementType.size,
      strides: contiguous ? nil : steps)
  }
}
