import System
import Testing

@testable import Weights

@Suite struct ZipArchiveTests {
  private let sound = checkpoint(onePickle, [oneRecord])

  /// Changes the record of the weights (index 2) and expects a refusal.
  private func refuse(
    _ named: String, _ kind: Failure.Kind = .invalid,
    sourceLocation: SourceLocation = #_sourceLocation, _ change: (inout ZipBuilder) -> Void
  ) {
    var builder = sound
    change(&builder)
    expectRefusal(builder.build(), kind, named, sourceLocation: sourceLocation)
  }

  @Test func readsWhatTorchWrites() throws {
    #expect(try load(sound.build()) == ["w": [1.5, -2]])
    var plain = sound
    plain.zip64 = false
    #expect(try load(plain.build()) == ["w": [1.5, -2]])
    // Without descriptors, as `zip -0` and Python's zipfile write.
    for index in plain.records.indices { plain.records[index].flags = 0 }
    #expect(try load(plain.build()) == ["w": [1.5, -2]])
    // Padding to 64 bytes through an extra field.
    plain.records[2].localExtra = Array("FB".utf8) + UInt16(5).bytes + [UInt8](repeating: 0x5A, count: 5)
    #expect(try load(plain.build()) == ["w": [1.5, -2]])
  }

  @Test func readsZip64Sizes() throws {
    // A central offset that says "see the extra field", and wide local sizes and descriptor.
    var builder = sound
    var offset = 0
    for record in builder.records.prefix(2) { offset += 30 + record.name.utf8.count + record.data.count + 16 }
    let wide = UInt64(8).bytes + UInt64(8).bytes + UInt64(offset).bytes
    builder.records[2].size = .max
    builder.records[2].offset = .max
    builder.records[2].localSize = .max
    builder.records[2].centralExtra = UInt16(1).bytes + UInt16(24).bytes + wide
    builder.records[2].localExtra = UInt16(1).bytes + UInt16(16).bytes + wide.prefix(16)
    builder.records[2].descriptor =
      UInt32(0x0807_4B50).bytes + bitwiseCRC32(oneRecord.1).bytes + wide.prefix(16)
    #expect(try load(builder.build()) == ["w": [1.5, -2]])
    // torch's own way: local sizes 0, the extra field with sizes or with the offset alone.
    builder.records[2].localSize = 0
    #expect(try load(builder.build()) == ["w": [1.5, -2]])
    builder.records[2].localExtra = UInt16(1).bytes + UInt16(16).bytes + wide.prefix(8) + UInt64(0).bytes
    #expect(try load(builder.build()) == ["w": [1.5, -2]])
    builder.records[2].localExtra = UInt16(1).bytes + UInt16(8).bytes + UInt64(offset).bytes
    #expect(try load(builder.build()) == ["w": [1.5, -2]])

    var wrong = builder
    wrong.records[2].localExtra = UInt16(1).bytes + UInt16(8).bytes + UInt64(offset + 1).bytes
    expectRefusal(wrong.build(), .invalid, "zip64 offset")
    wrong.records[2].localExtra = UInt16(1).bytes + UInt16(16).bytes + UInt64(9).bytes + UInt64(9).bytes
    expectRefusal(wrong.build(), .invalid, "zip64 size")
    wrong = builder
    wrong.records[2].centralExtra = UInt16(1).bytes + UInt16(16).bytes + wide.prefix(16)
    expectRefusal(wrong.build(), .invalid, "c/data/0")
    wrong.records[2].centralExtra = UInt16(1).bytes + UInt16(32).bytes + wide + UInt64(0).bytes
    expectRefusal(wrong.build(), .invalid, "c/data/0")
    wrong.records[2].centralExtra =
      UInt16(1).bytes + UInt16(24).bytes + UInt64.max.bytes + UInt64.max.bytes + UInt64(offset).bytes
    expectRefusal(wrong.build(), .invalid)
    wrong.records[2].centralExtra =
      UInt16(1).bytes + UInt16(24).bytes
      + UInt64(Int.max).bytes + UInt64(Int.max).bytes + UInt64(offset).bytes
    expectRefusal(wrong.build(), .invalid, "c/data/0")
  }

  @Test func refusesAnEndThatDoesNotFit() {
    refuse("truncated") { $0.suffix = [0] }
    refuse("truncated") { $0.comment = Array("hello".utf8) }
    refuse("disks") { $0.disk = 1 }
    refuse("disks") { $0.diskCount = 2 }
    refuse("contradict") { $0.entryCount = 3 }
    refuse("contradict") { $0.directorySize = 7 }
    refuse("contradict") { $0.directoryOffset = 7 }
    refuse("zip64") { $0.wideRecordSize = 45 }
    refuse("zip64") { $0.locatorOffset = 3 }
    refuse("directory") { $0.beforeEnd = [0] }
    refuse("directory") { $0.beforeEnd = ZipBuilder().build() }
    for value: UInt64 in [0, 1, 5, 1 << 31, 1 << 32, 1 << 62, 1 << 63, .max] {
      for field: WritableKeyPath<ZipBuilder, UInt64?> in [\.wideEntryCount, \.wideSize, \.wideOffset] {
        var builder = sound
        (builder.entryCount, builder.directorySize, builder.directoryOffset) = (.max, .max, .max)
        builder[keyPath: field] = value
        #expect(throws: Failure.self) { try load(builder.build()) }
      }
    }
    refuse("16384", .limit) {
      $0.entryCount = .max
      $0.wideEntryCount = 16_385
    }
  }

  @Test func refusesBytesThatNoEntryOwns() {
    refuse("begins with", .unknownFormat) { $0.prefix = [0] }
    refuse("c/data.pkl") { $0.prefix = ZipBuilder(records: $0.records, zip64: false).build() }
    refuse("c/version") { $0.records[2].gap = [0] }
    refuse("directory begins") { $0.records[3].gap = [0] }
    refuse("c/data/0") { $0.records[2].offset = 0 }
    refuse("c/data/0") { $0.records[2].offset = 0xFFFF_FFF0 }
    refuse("c/byteorder") {
      $0.records.swapAt(1, 2); $0.records[2].offset = 0
    }
  }

  @Test func refusesHeadersThatDisagree() {
    refuse("name, flags") { $0.records[2].localName = "c/data/1" }
    refuse("name, flags") { $0.records[2].localFlags = 0x0008 }
    refuse("name, flags") { $0.records[2].localMethod = 8 }
    refuse("CRC-32") { $0.records[2].localCRC = 1 }
    refuse("size") { $0.records[2].localSize = 7 }
    refuse("size") { $0.records[2].localSize = .max }
    refuse("no local header") { $0.records[2].signature = 0x0403_4B51 }
    refuse("descriptor") {
      let crc = bitwiseCRC32(oneRecord.1).bytes
      $0.records[2].descriptor = UInt32(0x0807_4B50).bytes + crc + UInt32(8).bytes + UInt32(9).bytes
    }
    refuse("descriptor") { $0.records[2].descriptor = [UInt8](repeating: 0, count: 16) }
    refuse("size") {
      $0.records[2].flags = 0x0800
      $0.records[2].localSize = 0
    }
  }

  @Test func refusesDamagedRecords() {
    refuse("CRC-32") {
      $0.records[2].data[0] ^= 1; $0.records[2].crc = bitwiseCRC32(oneRecord.1)
    }
    refuse("c/data.pkl") { $0.records[0].crc = 7 }
    refuse("c/data/0") { $0.records[2].size = 9 }
    refuse("c/data/0") { $0.records[2].size = 0x7FFF_FFFF }
  }

  @Test func refusesWhatTorchDoesNotUse() {
    refuse("compressed", .unsupported) { $0.records[2].method = 8 }
    refuse("compressed", .unsupported) { $0.records[0].method = 12 }
    refuse("encrypted", .unsupported) { $0.records[2].flags = 0x0809 }
    refuse("encrypted", .unsupported) { $0.records[2].flags = 0x2808 }
    refuse("comment") { $0.records[2].comment = "hi" }
    refuse("extra field") { $0.records[2].localExtra = [1] }
    refuse("extra field") { $0.records[2].centralExtra = UInt16(7).bytes + UInt16(4).bytes }
    refuse("two zip64") {
      let field = UInt16(1).bytes + UInt16(0).bytes
      $0.records[2].centralExtra = field + field
    }
  }

  @Test(arguments: [
    "/c/x", "c//x", "c/../x", "../x", "c/./x", "c/", "c\\x", "c/x\0", "c/\u{7f}", "C/DATA.PKL",
    "c/data/0", "",
  ])
  func refusesNames(_ name: String) {
    var builder = sound
    builder.records.insert(.init(name: name, data: []), at: 1)
    expectRefusal(builder.build(), name.isEmpty ? .limit : .invalid)
    if name.count > 1 {
      builder.records[1].name = String(repeating: "c/", count: 513)
      expectRefusal(builder.build(), .limit, "1024")
    }
  }

  @Test func refusesOtherArchives() {
    refuse("data.pkl", .unknownFormat) { $0.records.removeFirst() }
    refuse("outside") { $0.records[2].name = "d/data/0" }
    refuse("two data.pkl") { $0.records.append(.init(name: "d/data.pkl", data: [])) }
    expectRefusal(checkpoint(onePickle, [oneRecord], byteOrder: "big").build(), .unsupported, "'big'")
    expectRefusal(
      checkpoint(onePickle, [oneRecord], byteOrder: String(repeating: "l", count: 17)).build(), .invalid,
      "byteorder")
  }

  @Test func needsNoByteOrder() throws {
    #expect(try load(checkpoint(onePickle, [oneRecord], byteOrder: "").build()) == ["w": [1.5, -2]])
  }

  @Test func refusesEveryTruncation() throws {
    let bytes = try TestFiles.fixture("checkpoint.pt")
    for count in 0..<bytes.count {
      #expect(throws: Failure.self) { try load(Array(bytes.prefix(count))) }
    }
    #expect(throws: Failure.self) { try load(bytes + [0]) }
  }

  /// Outside the records' bytes and padding every bit matters, so that every flip is an error.
  @Test func survivesAFlippedBitInEveryByte() throws {
    withOneBitOfEachByteFlipped(sound.build()) {
      if let tensors = try? load($0) { #expect(tensors == ["w": [1.5, -2]]) }
    }
  }
}
