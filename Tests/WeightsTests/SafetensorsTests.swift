import System
import Testing

@testable import Weights

/// A safetensors file from its parts.
func safetensors(_ header: String, _ data: [UInt8] = []) -> [UInt8] {
  safetensors(Array(header.utf8), data)
}

func safetensors(_ header: [UInt8], _ data: [UInt8] = []) -> [UInt8] {
  UInt64(header.count).bytes + header + data
}

private func tensor(_ dtype: String, _ shape: String, _ offsets: String) -> String {
  #"{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":\#(offsets)}"#
}

private let one = #"{"a":"# + tensor("F32", "[2]", "[0,8]") + "}"
private let twoFloats = [Float(1.5), -2].bytes

@Suite struct SafetensorsTests {
  @Test func readsTensorsSortedWithMetadata() throws {
    let header =
      #"{"__metadata__":{"z":"1","format":"pt\n\u00e9\ud83d\ude00"},"#
      + #""b":"# + tensor("F32", "[1,2]", "[4,12]") + #","a":"# + tensor("BF16", "[2]", "[0,4]") + "}"
    let bytes = safetensors(header, UInt16(0x3F80).bytes + UInt16(0xC000).bytes + twoFloats)
    try bytes.withUnsafeBytes { buffer in
      let file = try WeightsFile(bytes: buffer, keys: .sample)
      #expect(file.format == .safetensors)
      #expect(file.names == ["a", "b"])
      #expect(file.metadata.keys == ["format", "z"])
      #expect(file.metadata.values == ["pt\né😀", "1"])
      #expect(file.sections.isEmpty)
      #expect(file.info("b") == TensorInfo(name: "b", elementType: .f32, shape: [1, 2]))
      #expect(file.info("c") == nil)
      #expect(try read("a", from: file) == [1, -2])
      #expect(try read("b", from: file) == [1.5, -2])
    }
  }

  @Test func acceptsScalarsEmptyTensorsAndNoTensors() throws {
    #expect(try load(safetensors("{}")).isEmpty)
    #expect(
      try load(safetensors(#"{"s":"# + tensor("F32", "[]", "[0,4]") + "}", [Float(3)].bytes))
        == ["s": [3]])
    #expect(try load(safetensors(#"{"e":"# + tensor("F32", "[0,5]", "[0,0]") + "}")) == ["e": []])
  }

  @Test(arguments: [" ", "\t", "\n", "\r", "       ", "\r\n \t"])
  func toleratesWhitespaceAroundTheHeader(_ space: String) throws {
    // Also moves the data off every alignment.
    #expect(try load(safetensors(space + one + space, twoFloats)) == ["a": [1.5, -2]])
  }

  @Test func valuesDoNotDependOnAlignment() throws {
    let wide = #"{"a":"# + tensor("F64", "[1]", "[0,8]") + #","b":"# + tensor("F16", "[3]", "[8,14]")
    let data = (1.5).bitPattern.bytes + [0x00, 0x3C, 0x01, 0x00, 0x00, 0xC0]
    for padding in 0..<8 {
      let header = wide + "}" + String(repeating: " ", count: padding)
      #expect(try load(safetensors(header, data)) == ["a": [1.5], "b": [1, 0x1p-24, -2]])
    }
  }

  @Test func removesAPrefixThatAllNamesCarry() throws {
    func names(_ names: [String]) throws -> [String] {
      let entries = names.map { "\"\($0)\":" + tensor("U8", "[0]", "[0,0]") }
      return try load(safetensors("{" + entries.joined(separator: ",") + "}")).keys.sorted()
    }
    #expect(try names(["module.a", "module.b"]) == ["a", "b"])
    // As bytes: as text, the last dot and the accent are one character.
    #expect(try names(["module.\u{301}a"]).map { Array($0.utf8) } == [Array("\u{301}a".utf8)])
    #expect(try names(["module.a", "b"]) == ["b", "module.a"])
    #expect(try names(["module.a", "fusion.module.h"]) == ["a", "fusion.h"])
    #expect(try names(["a", "fusion.module.h", "fusion.k"]) == ["a", "fusion.k", "fusion.module.h"])
  }

  @Test(arguments: [
    (" ", "an object"), (" \n", "an object"), ("{", "string"), ("{}x", "follow the end"),
    ("{}\0", "follow the end"), ("{} {}", "follow the end"), ("{,}", "string"),
    (#"{"a":1}"#, "an object"), (#"{"a":null}"#, "an object"), (#"{"a" {}}"#, "colon"),
    (#"{"a":{}}"#, "'dtype' is missing"),
    (#"{"a":{"dtype":"F32","data_offsets":[0,8]}}"#, "'shape' is missing"),
    (#"{"a":{"dtype":"F32","shape":[2]}}"#, "two numbers"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#, "two numbers"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}"#, "'x' is unknown"),
    (#"{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, "twice"),
    (#"{"a":{"dtype":"f32","shape":[2],"data_offsets":[0,8]}}"#, "'f32' is unknown"),
    (#"{"a":{"dtype":"F32","shape":[2,],"data_offsets":[0,8]}}"#, "whole number"),
    (#"{"a":{"dtype":"F32","shape":[2 2],"data_offsets":[0,8]}}"#, "comma"),
    (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, "whole number"),
    (#"{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}"#, "whole number"),
    (#"{"a":{"dtype":"F32","shape":[2e0],"data_offsets":[0,8]}}"#, "whole number"),
    (#"{"a":{"dtype":"F32","shape":[02],"data_offsets":[0,8]}}"#, "whole number"),
    (#"{"a":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}}"#, "whole number"),
    (#"{"a":{"dtype":"F32","shape":[[2]],"data_offsets":[0,8]}}"#, "whole number"),
    (#"{"a":{"dtype":"F32","shape":[true],"data_offsets":[0,8]}}"#, "whole number"),
    (#"{"a":{"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,8]}}"#, "2^53"),
    (#"{"a":{"dtype":"F32","shape":[99999999999999999999999],"data_offsets":[0,8]}}"#, "2^53"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},}"#, "string"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, "backwards"),
    (#"{"__metadata__":{"k":1}}"#, "string"), (#"{"__metadata__":[]}"#, "an object"),
    (#"{"__metadata__":{"k":"a","\u006b":"b"}}"#, "'k' appears twice"),
    (#"{"__metadata__":{},"__metadata__":{}}"#, "twice"),
    (#"{"__metadata__":{"k":"\ud800"}}"#, "surrogate"),
    (#"{"__metadata__":{"k":"\ud800\u0041"}}"#, "surrogate"),
    (#"{"__metadata__":{"k":"\ud800\n"}}"#, "surrogate"),
    (#"{"__metadata__":{"k":"\udc00"}}"#, "surrogate"),
    (#"{"__metadata__":{"k":"\x41"}}"#, "escape"), (#"{"__metadata__":{"k":"\u00g0"}}"#, "hexadecimal"),
    ("{\"__metadata__\":{\"k\":\"a\nb\"}}", "control"), (#"{"__metadata__":{"k":"a"#, "does not end"),
    (#"{"a\u0001":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, "control"),
  ])
  func refusesHeader(_ header: String, _ named: String) {
    // The data is sound, so the header is all that is wrong.
    let data = header.allSatisfy(\.isWhitespace) ? [] : twoFloats
    expectRefusal(safetensors(header, data), .invalid, named)
  }

  @Test(arguments: ["", "[]", "\0{}", "x"]) func isNotTakenForOther(_ header: String) {
    expectRefusal(safetensors(header, twoFloats), .unknownFormat, "begins with")
  }

  @Test func refusesBytesThatAreNotUTF8() {
    for bad: [UInt8] in [
      [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82],
    ] {
      let header = Array(#"{"__metadata__":{"k":""#.utf8) + bad + Array(#""}}"#.utf8)
      expectRefusal(safetensors(header), .invalid, "UTF-8")
    }
    expectRefusal(safetensors([0xEF, 0xBB, 0xBF] + Array(one.utf8), twoFloats), .unknownFormat)
  }

  @Test func refusesTwoTensorsOfOneName() {
    let entry = tensor("U8", "[0]", "[0,0]")
    expectRefusal(safetensors(#"{"ab":\#(entry),"\u0061b":\#(entry)}"#), .invalid, "'ab'", "twice")
  }

  @Test(arguments: [
    (["[0,4]", "[8,12]"], "hole"), (["[4,8]", "[8,12]"], "hole"), (["[0,4]", "[0,4]"], "overlap"),
    (["[0,4]", "[2,6]"], "overlap"), (["[0,4]", "[4,8]"], "bytes follow"),
    (["[0,4]", "[4,16]"], "truncated"), (["[0,4]", "[4,9007199254740992]"], "truncated"),
  ])
  func refusesOffsetsThatDoNotTile(_ offsets: [String], _ named: String) {
    let entries = zip(["a", "b"], offsets).map { "\"\($0)\":" + tensor("F32", "[1]", $1) }
    let data = [UInt8](repeating: 0, count: 12)
    expectRefusal(safetensors("{" + entries.joined(separator: ",") + "}", data), .invalid, named)
  }

  @Test(arguments: [
    ("F32", "[3]"), ("F32", "[1]"), ("F64", "[2]"), ("F32", "[2,0]"),
    ("F32", "[9007199254740992,9007199254740992]"), ("F64", "[4503599627370496,4096]"),
    ("F32", "[9007199254740992,9007199254740992,0]"),
  ])
  func refusesAShapeThatDoesNotMatchItsBytes(_ dtype: String, _ shape: String) {
    expectRefusal(
      safetensors(#"{"a":"# + tensor(dtype, shape, "[0,8]") + "}", twoFloats), .invalid, "tensor 'a'")
  }

  @Test(arguments: ["F8_E4M3", "F8_E5M2", "C64", "F4"])
  func refusesTypesThatAreNotRead(_ dtype: String) {
    expectRefusal(
      safetensors(#"{"a":"# + tensor(dtype, "[8]", "[0,8]") + "}", twoFloats), .unsupported,
      "tensor 'a'", dtype)
  }

  @Test func refusesBeyondLimits() {
    let rank9 = tensor("F32", "[1,1,1,1,1,1,1,1,2]", "[0,8]")
    expectRefusal(safetensors(#"{"a":\#(rank9)}"#, twoFloats), .limit, "tensor 'a'", "8")
    let name = String(repeating: "n", count: 257)
    expectRefusal(
      safetensors(#"{"\#(name)":"# + tensor("F32", "[2]", "[0,8]") + "}", twoFloats), .limit, "256")
    let metadata = String(repeating: "m", count: 5 << 20)
    expectRefusal(safetensors(#"{"__metadata__":{"k":"\#(metadata)"}}"#), .limit, "longer")
    let nested = String(repeating: "[", count: 1_000_000)
    expectRefusal(safetensors(#"{"a":\#(nested)"#), .invalid, "object")
    let entry = tensor("U8", "[0]", "[0,0]")
    let many = (0...8192).map { "\"\($0)\":\(entry)" }.joined(separator: ",")
    expectRefusal(safetensors("{\(many)}"), .limit, "8192")
  }

  @Test(arguments: [UInt64.max, 1 << 63, 1 << 32, 16_777_217])
  func refusesAHeaderLengthBeyondTheLimit(_ length: UInt64) {
    expectRefusal(length.bytes + Array(one.utf8) + twoFloats, .limit, "16777216")
  }

  @Test func refusesAHeaderLongerThanTheFile() {
    let bytes = safetensors(one, twoFloats)
    let count = bytes.count - 8
    expectRefusal(UInt64(count + 1).bytes + bytes.dropFirst(8), .invalid, "truncated")
    expectRefusal(UInt64(16 << 20).bytes + bytes.dropFirst(8), .invalid, "truncated")
  }

  @Test func refusesEveryTruncation() throws {
    let bytes = try TestFiles.fixture("checkpoint.safetensors")
    for count in 0..<bytes.count {
      #expect(throws: Failure.self) { try load(Array(bytes.prefix(count))) }
    }
    #expect(throws: Failure.self) { try load(bytes + [0]) }
  }

  @Test func survivesAFlippedBitInEveryByteOfTheHeader() throws {
    let bytes = try TestFiles.fixture("plain.safetensors")
    let header = Int(bytes[0]) | Int(bytes[1]) << 8
    let names = try load(bytes).keys.count
    withOneBitOfEachByteFlipped(bytes, 0..<8 + header) {
      // Refused, or a file that differs in a name, a type or a shape: never a crash, never a loss.
      if let tensors = try? load($0) { #expect(tensors.count == names) }
    }
  }
}
