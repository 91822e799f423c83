/// Writes zip archives as torch.save does, or wrong in one chosen way.
struct ZipBuilder {
  struct Record {
    var name: String
    var data: [UInt8]
    var method: UInt16 = 0
    /// Bit 3, a data descriptor, and bit 11, UTF-8: torch's flags.
    var flags: UInt16 = 0x0808
    var crc: UInt32? = nil
    /// Values for the headers to claim in place of the true ones.
    var size: UInt32? = nil
    var localName: String? = nil
    var localFlags: UInt16? = nil
    var localMethod: UInt16? = nil
    var localCRC: UInt32? = nil
    var localSize: UInt32? = nil
    var localExtra: [UInt8] = []
    var centralExtra: [UInt8] = []
    var comment = ""
    var offset: UInt32? = nil
    var descriptor: [UInt8]? = nil
    var signature: UInt32 = 0x0403_4B50
    /// Bytes between this entry and the next.
    var gap: [UInt8] = []
  }

  var records: [Record] = []
  var prefix: [UInt8] = []
  var beforeEnd: [UInt8] = []
  var suffix: [UInt8] = []
  var zip64 = true
  var comment: [UInt8] = []
  var disk: UInt16 = 0
  var entryCount: UInt16? = nil
  var directorySize: UInt32? = nil
  var directoryOffset: UInt32? = nil
  var wideEntryCount: UInt64? = nil
  var wideSize: UInt64? = nil
  var wideOffset: UInt64? = nil
  var wideRecordSize: UInt64 = 44
  var locatorOffset: UInt64? = nil
  var diskCount: UInt32 = 1

  func build() -> [UInt8] {
    var file = prefix
    var directory: [UInt8] = []
    for record in records {
      let offset = record.offset ?? UInt32(file.count)
      let crc = record.crc ?? bitwiseCRC32(record.data)
      let size = record.size ?? UInt32(record.data.count)
      let described = record.flags & 8 != 0
      let localName = Array((record.localName ?? record.name).utf8)
      let localSize = record.localSize ?? (described ? 0 : size)
      file += record.signature.bytes + UInt16(0).bytes
      file += (record.localFlags ?? record.flags).bytes + (record.localMethod ?? record.method).bytes
      file += UInt32(0).bytes + (record.localCRC ?? (described ? 0 : crc)).bytes
      file += localSize.bytes + localSize.bytes
      file += UInt16(localName.count).bytes + UInt16(record.localExtra.count).bytes
      file += localName + record.localExtra + record.data
      if described {
        file += record.descriptor ?? (UInt32(0x0807_4B50).bytes + crc.bytes + size.bytes + size.bytes)
      }
      file += record.gap

      let name = Array(record.name.utf8)
      directory += UInt32(0x0201_4B50).bytes + UInt32(0).bytes + record.flags.bytes
      directory += record.method.bytes + UInt32(0).bytes + crc.bytes + size.bytes + size.bytes
      directory += UInt16(name.count).bytes + UInt16(record.centralExtra.count).bytes
      directory += UInt16(record.comment.utf8.count).bytes + UInt16(0).bytes
      directory += [UInt8](repeating: 0, count: 6) + offset.bytes
      directory += name + record.centralExtra + Array(record.comment.utf8)
    }
    let start = file.count
    file += directory + beforeEnd
    if zip64 {
      let position = file.count
      let count = wideEntryCount ?? UInt64(records.count)
      file += UInt32(0x0606_4B50).bytes + wideRecordSize.bytes + UInt16(0x031E).bytes + UInt16(45).bytes
      file += UInt32(0).bytes + UInt32(0).bytes + count.bytes + count.bytes
      file += (wideSize ?? UInt64(directory.count)).bytes + (wideOffset ?? UInt64(start)).bytes
      file += UInt32(0x0706_4B50).bytes + UInt32(0).bytes
      file += (locatorOffset ?? UInt64(position)).bytes + diskCount.bytes
    }
    let count = entryCount ?? UInt16(records.count)
    file += UInt32(0x0605_4B50).bytes + disk.bytes + UInt16(0).bytes + count.bytes + count.bytes
    file += (directorySize ?? UInt32(directory.count)).bytes
    file += (directoryOffset ?? UInt32(start)).bytes
    file += UInt16(comment.count).bytes + comment + suffix
    return file
  }
}

/// A checkpoint archive from its pickle and records.
func checkpoint(
  _ pickle: [UInt8], _ records: [(String, [UInt8])] = [], byteOrder: String = "little"
) -> ZipBuilder {
  ZipBuilder(
    records: [.init(name: "c/data.pkl", data: pickle)]
      + (byteOrder.isEmpty ? [] : [.init(name: "c/byteorder", data: Array(byteOrder.utf8))])
      + records.map { .init(name: "c/data/" + $0, data: $1) }
      + [.init(name: "c/version", data: Array("3\n".utf8))])
}

/// One tensor `w` of two floats in a bare state dict.
let onePickle = PickleBuilder.pickle {
  $0.dictionary {
    $0.string("w")
    $0.tensor("0", count: 2, [2], [1])
  }
}
let oneRecord = ("0", [Float(1.5), -2].bytes)

/// An archive as torch.jit.save writes it around a pickle; its programs are compressed, and nonsense.
func script(_ body: (inout PickleBuilder) -> Void) -> ZipBuilder {
  var builder = checkpoint(PickleBuilder.pickle(body), [oneRecord], byteOrder: "")
  builder.records.insert(.init(name: "c/code/__torch__.py", data: [1, 2, 3], method: 8, crc: 7), at: 2)
  builder.records.insert(.init(name: "c/constants.pkl", data: [], flags: 0x0800), at: 3)
  return builder
}
