import System
import Testing

@testable import Weights

/// Opcodes that Python's pickler writes from protocol 3 on.
@Suite struct PickleProtocolTests {
  private func describe(_ bytes: [UInt8], protocol version: UInt8 = 4) throws -> String {
    let pickle = [0x80, version] + bytes + [0x2E]
    return try pickle.withUnsafeBytes {
      let read = try Pickle(ByteBlock(borrowing: $0), .save)
      return read.describe(read.root)
    }
  }

  private func refusal(_ bytes: [UInt8], protocol version: UInt8 = 4) -> String {
    let error = #expect(throws: Failure.self) { try describe(bytes, protocol: version) }
    return error?.message ?? ""
  }

  private func short(_ text: String) -> [UInt8] { [0x8C, UInt8(text.utf8.count)] + Array(text.utf8) }
  private func long(_ value: Int) -> [UInt8] { UInt64(value).bytes }

  @Test func readsWhatLaterProtocolsWrite() throws {
    #expect(try describe(short("word")) == "a string")
    #expect(try describe([0x8D] + long(2) + Array("ab".utf8)) == "a string")
    #expect(try describe([0x43, 2, 1, 2], protocol: 3) == "bytes")
    #expect(try describe([0x42, 2, 0, 0, 0, 1, 2], protocol: 3) == "bytes")
    #expect(try describe([0x8E] + long(1) + [7]) == "bytes")
    #expect(try describe([0x96] + long(1) + [7], protocol: 5) == "bytes")
    #expect(try describe([0x8B, 1, 0, 0, 0, 0x7F]) == "an integer")
    #expect(try describe([0x8F, 0x28] + short("a") + [0x90]) == "a set")
    #expect(try describe([0x28] + short("a") + [0x91]) == "a set")
    #expect(try describe([0x4E] + short("a") + [0x30]) == "None")
    #expect(try describe([0x4E, 0x28] + short("a") + [0x31]) == "None")
  }

  @Test func globalsFromTheStackAreComparedLikeOthers() throws {
    #expect(try describe(short("collections") + short("OrderedDict") + [0x93, 0x29, 0x52]) == "a dict")
    #expect(try describe(short("torch") + short("FloatStorage") + [0x93]) == "a function or class")
    #expect(try describe(short("os") + short("system") + [0x93]) == "an object of 'os.system'")
    // By keyword arguments too nothing is called.
    #expect(
      try describe(short("os") + short("system") + [0x93, 0x29, 0x7D, 0x92]) == "an object of 'os.system'")
    #expect(refusal([0x4E] + short("x") + [0x93]).contains("not strings"))
    #expect(
      refusal(
        short(String(repeating: "m", count: 255)) + [0x8D] + long(300) + [UInt8](repeating: 0x6E, count: 300)
          + [0x93]
      ).contains("over 256"))
    let keyword =
      short("collections") + short("OrderedDict") + [0x93, 0x29, 0x7D] + short("a") + [0x4E, 0x73, 0x92]
    #expect(refusal(keyword).contains("arguments by name"))
  }

  @Test func memoisedValuesAreNumberedAsTheyCome() throws {
    // Numbers 0 and 1; then by hand 5, so that the next is the fourth.
    #expect(
      try describe(short("a") + [0x94, 0x4E, 0x94, 0x71, 5, 0x7D, 0x94, 0x30, 0x30, 0x30, 0x68, 3])
        == "a dict")
    #expect(refusal([0x94]).contains("the stack is empty"))
  }

  @Test func framesLieOneAfterTheOther() throws {
    #expect(try describe([0x95] + long(1) + [0x4E]) == "None")
    #expect(try describe([0x95] + long(2) + [0x4E] + [0x30] + [0x95] + long(1) + [0x7D]) == "a dict")
    #expect(refusal([0x95] + long(9) + [0x4E]).contains("a frame of 9 bytes"))
    #expect(refusal([0x95] + long(1 << 62) + [0x4E]).contains("a frame of"))
    #expect(refusal([0x95] + [UInt8](repeating: 0xFF, count: 8) + [0x4E]).contains("which no file has"))
    #expect(refusal([0x95] + long(10) + [0x95] + long(0) + [0x4E]).contains("another frame"))
    #expect(refusal([0x95] + long(2) + short("word")).contains("crosses its frame's end"))
  }

  @Test func lengthsAreHeldAgainstTheFile() {
    for opcode: UInt8 in [0x8D, 0x8E, 0x96] {
      #expect(refusal([opcode] + long(1 << 40) + [1]).contains("ends too early"))
    }
    #expect(refusal([0x8B, 0xFF, 0xFF, 0xFF, 0xFF]).contains("a number of -1 bytes"))
    #expect(refusal([0x97], protocol: 5).contains("kept outside"))
    #expect(refusal([0x4E, 0x98], protocol: 5).contains("kept outside"))
    #expect(refusal([0x82, 1]).contains("not one that torch writes"))
  }
}
