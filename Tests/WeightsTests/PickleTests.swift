import System
import Testing

@testable import Weights

@Suite struct PickleTests {
  private func refuse(
    _ named: String, _ kind: Failure.Kind = .invalid,
    sourceLocation: SourceLocation = #_sourceLocation, _ body: (inout PickleBuilder) -> Void
  ) {
    let bytes = PickleBuilder.pickle(body)
    expectRefusal(checkpoint(bytes).build(), kind, named, sourceLocation: sourceLocation)
  }

  private func run(_ bytes: [UInt8]) throws(Failure) -> String {
    let result = bytes.withUnsafeBytes { buffer in
      Result { () throws(Failure) in
        let pickle = try Pickle(ByteBlock(borrowing: buffer), .save)
        return pickle.describe(pickle.root)
      }
    }
    return try result.get()
  }

  @Test func understandsPlainValues() throws {
    let values: [(String, [UInt8])] = [
      ("None", [0x4E]), ("a bool", [0x88]), ("a bool", [0x89]), ("an integer", [0x4A, 255, 255, 255, 255]),
      ("an integer", [0x4B, 9]), ("an integer", [0x4D, 9, 9]), ("an integer", [0x8A, 0]),
      ("an integer", [0x8A, 2, 0, 0x80]), ("a float", [0x8A, 9] + [UInt8](repeating: 1, count: 9)),
      ("a float", [0x47, 0x3F, 0xF0, 0, 0, 0, 0, 0, 0]), ("a string", [0x58, 1, 0, 0, 0, 0x61]),
      ("a string", [0x55, 1, 0x61]), ("a tuple", [0x29]), ("a list", [0x5D]), ("a dict", [0x7D]),
      ("a tuple", [0x4E, 0x85]), ("a tuple", [0x4E, 0x4E, 0x86]), ("a tuple", [0x4E, 0x4E, 0x4E, 0x87]),
      ("a tuple", [0x28, 0x74]), ("a list", [0x5D, 0x4E, 0x61]), ("a list", [0x5D, 0x28, 0x4E, 0x4E, 0x65]),
      ("a dict", [0x7D, 0x4E, 0x4E, 0x73]), ("a dict", [0x7D, 0x28, 0x75]),
      ("a tuple", [0x4E, 0x71, 0, 0x72, 1, 0, 0, 0, 0x85, 0x71, 2, 0x68, 0, 0x6A, 2, 0, 0, 0, 0x87]),
    ]
    for (description, body) in values {
      #expect(try run([0x80, 2] + body + [0x2E]) == description)
    }
  }

  @Test func aSizeIsItsTuple() throws {
    let size = PickleBuilder.pickle {
      $0.global("torch", "Size")
      $0.tuple([2, 3])
      $0.raw([0x85])
      $0.op("R")
    }
    #expect(try run(size) == "a tuple")
  }

  @Test func rememberedIntegersKeepTheirSign() throws {
    // Shapes are given as every integer opcode; a wrong sign would be refused.
    let negative = PickleBuilder.pickle {
      $0.dictionary {
        $0.string("w")
        $0.tensor("0", count: 2, [-2], [1])
      }
    }
    expectRefusal(checkpoint(negative, [oneRecord]).build(), .invalid, "whole numbers")
    let wide = PickleBuilder.pickle {
      $0.dictionary {
        $0.string("w")
        $0.tensor("0", count: 2, [2, 1], [1, 1 << 40])
      }
    }
    #expect(try load(checkpoint(wide, [oneRecord]).build()) == ["w": [1.5, -2]])
  }

  @Test(arguments: Array(UInt8.min...UInt8.max))
  func everyOpcodeOnAnEmptyStackIsSafe(_ opcode: UInt8) throws {
    let pushing: Set<UInt8> = [0x4E, 0x88, 0x89, 0x5D, 0x7D, 0x29, 0x8F]
    let alone = [0x80, 2, opcode, 0x2E]
    if pushing.contains(opcode) {
      _ = try run(alone)
    } else {
      #expect(throws: Failure.self) { try run(alone) }
    }
    // And above a MARK, below which nothing may be taken.
    #expect(throws: Failure.self) { try run([0x80, 2, 0x4E, 0x4E, 0x28, opcode, 0x2E]) }
  }

  @Test func everyOtherOpcodeIsRefused() {
    let allowed = Set("(NJKMGXUTBC)t]}aesuhjqrcQRb01.".utf8).union([0x81, 0x85, 0x86, 0x87]).union(
      0x88...0x96)
    for opcode in UInt8.min...UInt8.max where !allowed.contains(opcode) {
      #expect {
        try run([0x80, 2, 0x4E, opcode] + [UInt8](repeating: 0, count: 16))
      } throws: { ($0 as? Failure)?.kind == .unsupported }
    }
  }

  @Test func refusesOtherProtocols() {
    for version: UInt8 in [0, 1, 6, 255] {
      expectRefusal(checkpoint([0x80, version, 0x7D, 0x2E]).build(), .unsupported, "protocol \(version)")
    }
    expectRefusal(checkpoint([0x7D, 0x2E]).build(), .invalid, "PROTO")
    expectRefusal(checkpoint([]).build(), .invalid, "data.pkl")
  }

  @Test func refusesALooseEnd() {
    refuse("2 values") {
      $0.op("}"); $0.op("}")
    }
    refuse("0 values") { _ in }
    refuse("1 values") {
      $0.op("}"); $0.op("(")
    }
    expectRefusal(checkpoint(onePickle + [0x2E], [oneRecord]).build(), .invalid, "after its end")
    expectRefusal(checkpoint(Array(onePickle.dropLast()), [oneRecord]).build(), .invalid, "ends too early")
  }

  @Test func refusesEveryTruncation() {
    for count in 0..<onePickle.count {
      #expect(throws: Failure.self) { try run(Array(onePickle.prefix(count))) }
    }
  }

  @Test func refusesValuesOfTheWrongKind() {
    refuse("SETITEM on") {
      $0.op("]"); $0.op("N"); $0.op("N"); $0.op("s")
    }
    refuse("SETITEM on a tensor") {
      $0.tensor("0", count: 1, [1], [1]); $0.op("N"); $0.op("N"); $0.op("s")
    }
    refuse("no value") {
      $0.op("}"); $0.op("("); $0.op("N"); $0.op("u")
    }
    refuse("APPEND to") {
      $0.op("}"); $0.op("N"); $0.op("a")
    }
    refuse("BUILD on a dict") {
      $0.op("}"); $0.op("}"); $0.op("b")
    }
    refuse("BUILD on a tensor") {
      $0.tensor("0", count: 1, [1], [1]); $0.op("}"); $0.op("b")
    }
    refuse("a call of a string") {
      $0.string("os.system"); $0.op(")"); $0.op("R")
    }
    refuse("for arguments") {
      $0.global("collections", "OrderedDict"); $0.op("]"); $0.op("R")
    }
    refuse("with arguments") {
      $0.global("collections", "OrderedDict"); $0.op("]"); $0.raw([0x85]); $0.op("R")
    }
    refuse("does not write") {
      $0.global("torch", "FloatStorage"); $0.op(")"); $0.op("R")
    }
    refuse("arguments") {
      $0.global("torch._utils", "_rebuild_tensor_v2"); $0.op(")"); $0.op("R")
    }
    refuse("_rebuild_parameter") {
      $0.global("torch._utils", "_rebuild_parameter"); $0.op(")"); $0.op("R")
    }
    refuse("_rebuild_parameter of a dict") {
      $0.global("torch._utils", "_rebuild_parameter")
      $0.op("}"); $0.op("N"); $0.op("N"); $0.raw([0x87]); $0.op("R")
    }
    refuse("torch.Size") {
      $0.global("torch", "Size"); $0.op(")"); $0.op("R")
    }
    refuse("torch.Size") {
      $0.global("torch", "Size"); $0.op("]"); $0.raw([0x85]); $0.op("R")
    }
    refuse("tuple of five") {
      $0.tuple([1, 2]); $0.op("Q")
    }
    refuse("persistent id") {
      $0.tuple([1, 2, 3, 4, 5]); $0.op("Q")
    }
    refuse("persistent id") { $0.storage("0", "FloatStorage", -1) }
    refuse("memo number 3") { $0.raw([0x68, 3]) }
  }

  @Test func refusesBeyondLimits() {
    refuse("memo", .limit) {
      $0.op("N"); $0.raw([0x72] + UInt32.max.bytes)
    }
    refuse("memo", .limit) {
      $0.op("N"); $0.raw([0x72] + UInt32(1_000_000).bytes)
    }
    refuse("deeper", .limit) {
      $0.op("N"); $0.raw([UInt8](repeating: 0x85, count: 999_000))
    }
    refuse("MARK", .limit) { $0.raw([UInt8](repeating: 0x28, count: 100)) }
    refuse("stack", .limit) { $0.raw([UInt8](repeating: 0x4E, count: 100_001)) }
    refuse("opcodes", .limit) {
      $0.op("N")
      for _ in 0..<500_001 { $0.raw([0x71, 0]) }
      for _ in 0..<500_001 { $0.raw([0x71, 0]) }
    }
    refuse("line", .limit) { $0.raw([0x63] + [UInt8](repeating: 0x61, count: 300)) }
    refuse("ends too early") { $0.raw([0x58] + UInt32.max.bytes) }
    refuse("deeper", .limit) {
      // Lists in lists, each put into the next after it was made.
      $0.op("]")
      for _ in 0..<100 {
        $0.raw([0x71, 0]); $0.op("]"); $0.raw([0x68, 0]); $0.op("a"); $0.raw([0x71, 1]); $0.raw([0x85])
      }
    }
  }

  @Test func survivesALoop() throws {
    // A dict that holds itself, twice, and a list that does.
    let bytes = PickleBuilder.pickle {
      $0.op("}")
      $0.raw([0x71, 0])
      $0.string("w")
      $0.tensor("0", count: 2, [2], [1])
      $0.op("s")
      for name in ["self", "again"] { $0.string(name); $0.raw([0x68, 0]); $0.op("s") }
    }
    #expect(try load(checkpoint(bytes, [oneRecord]).build()) == ["w": [1.5, -2]])
  }

  @Test func callsNothing() throws {
    // A pickle that would run a program in Python gives an inert value here, and is named if it is needed.
    func attack(_ p: inout PickleBuilder) {
      p.global("posix", "system")
      p.string("touch /tmp/owned")
      p.raw([0x85])
      p.op("R")
    }
    let beside = PickleBuilder.pickle {
      $0.dictionary {
        $0.string("model_state_dict")
        $0.dictionary {
          $0.string("w"); $0.tensor("0", count: 2, [2], [1])
        }
        $0.string("optimizer_state_dict")
        attack(&$0)
      }
    }
    #expect(try load(checkpoint(beside, [oneRecord]).build()) == ["w": [1.5, -2]])
    refuse("'posix.system'", .unsupported) { attack(&$0) }
    refuse("'posix.system'", .unsupported) {
      $0.dictionary {
        $0.string("model_state_dict"); attack(&$0)
      }
    }
    refuse("'posix.system'", .unsupported) {
      $0.dictionary {
        $0.string("state_dict");
        $0.dictionary {
          $0.string("w"); attack(&$0)
        }
      }
    }
  }

  @Test func inertObjectsTakeAnything() throws {
    let bytes = PickleBuilder.pickle {
      $0.dictionary {
        $0.string("w")
        $0.tensor("0", count: 2, [2], [1])
        $0.string("config")
        $0.op("]")
        $0.global("yacs.config", "CfgNode")
        $0.op(")")
        $0.raw([0x81])
        $0.string("k"); $0.op("N"); $0.op("s")
        $0.op("("); $0.string("k"); $0.op("N"); $0.op("u")
        $0.op("}"); $0.op("b")
        $0.op("N"); $0.op("a")
        $0.op("("); $0.op("N"); $0.op("e")
        $0.op("a")
      }
    }
    #expect(try load(checkpoint(bytes, [oneRecord]).build()) == ["w": [1.5, -2]])
  }

  /// A real checkpoint's pickle with a flipped bit: an error or a pickle, never a crash.
  @Test func survivesAFlippedBitInEveryByte() throws {
    let file = try TestFiles.fixture("plain.pt")
    let start = try #require(file.firstIndex(of: 0x80))
    let stop = try #require((start..<file.count - 4).first { file[$0..<$0 + 4] == [0x50, 0x4B, 7, 8] })
    let bytes = Array(file[start..<stop])
    #expect(try run(bytes) == "a dict")
    withOneBitOfEachByteFlipped(bytes) { _ = try? run($0) }
  }
}
