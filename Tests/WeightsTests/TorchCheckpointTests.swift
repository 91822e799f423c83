import Compression
import System
import Foundation
import Testing

@testable import Weights

@Suite struct TorchCheckpointTests {
  private func state(_ names: [String]) -> (inout PickleBuilder) -> Void {
    { builder in
      builder.dictionary {
        for name in names {
          $0.string(name)
          $0.tensor("0", count: 2, [2], [1], location: "cuda:0")
        }
      }
    }
  }

  private func names(sections: [(String, (inout PickleBuilder) -> Void)]) throws -> WeightsNames {
    let bytes = checkpoint(
      PickleBuilder.pickle {
        $0.dictionary {
          for (name, body) in sections { $0.string(name); body(&$0) }
        }
      }, [oneRecord]
    ).build()
    return try bytes.withUnsafeBytes {
      let file = try WeightsFile(bytes: $0, keys: .sample)
      return WeightsNames(names: file.names, sections: file.sections)
    }
  }

  private struct WeightsNames: Equatable {
    let names: [String]
    let sections: [String]
  }

  /// A view `w` over a record of 6 floats, 0 to 5.
  private func view(
    offset: Int = 0, _ shape: [Int], _ strides: [Int], count: Int = 6, key: String = "0",
    type: String = "FloatStorage"
  ) -> [UInt8] {
    let pickle = PickleBuilder.pickle {
      $0.dictionary {
        $0.string("w")
        $0.tensor(key, type, count: count, offset: offset, shape, strides)
      }
    }
    return checkpoint(pickle, [("0", (0..<6).map { Float($0) }.bytes)]).build()
  }

  @Test func namesTensorsByTheirSection() throws {
    #expect(
      try names(sections: [
        ("epoch", { $0.integer(3) }), ("model_state_dict", state(["b", "module.a"])),
        ("fusion_model_state_dict", state(["module.h", "module.module.k"])),
        ("optimizer_state_dict", state(["never"])),
      ])
        == WeightsNames(
          names: ["a", "b", "fusion.h", "fusion.module.k"],
          sections: ["model_state_dict", "fusion_model_state_dict", "optimizer_state_dict"]))
    #expect(try names(sections: [("state_dict", state(["a"]))]).names == ["a"])
    // As bytes: as text, the dot and the accent are one character.
    let accented = try names(sections: [("state_dict", state(["module.\u{301}a"]))]).names
    #expect(accented.map { Array($0.utf8) } == [Array("\u{301}a".utf8)])
    #expect(try names(sections: [("model", state(["module.a"])), ("meta", { $0.op("}") })]).names == ["a"])
    #expect(
      try names(sections: [("model_state_dict", state(["a"])), ("fusion_model_state_dict", { $0.op("N") })])
        .names == ["a"])
    // "model" here is only a word.
    #expect(
      try names(sections: [("model", { $0.string("ViT-B/32") }), ("state_dict", state(["a"]))]).names == ["a"]
    )
  }

  @Test func refusesAmbiguousNames() {
    func refuse(
      _ kind: Failure.Kind, _ named: String, _ sections: [(String, (inout PickleBuilder) -> Void)],
      sourceLocation: SourceLocation = #_sourceLocation
    ) {
      #expect(sourceLocation: sourceLocation) { try names(sections: sections) } throws: {
        guard let error = $0 as? Failure else { return false }
        return error.kind == kind && error.message.contains(named)
      }
    }
    refuse(.invalid, "'a'", [("model_state_dict", state(["a", "module.a"]))])
    refuse(.invalid, "'a'", [("model_state_dict", state(["a", "a"]))])
    refuse(
      .invalid, "'fusion.h'",
      [
        ("model_state_dict", state(["fusion.h"])), ("fusion_model_state_dict", state(["h"])),
      ])
    refuse(.invalid, "twice", [("model_state_dict", state(["a"])), ("model_state_dict", state(["b"]))])
    refuse(
      .invalid, "twice",
      [
        ("model", state(["a"])), ("fusion_model_state_dict", state(["a"])),
        ("fusion_model_state_dict", state(["b"])),
      ])
    refuse(.unsupported, "several", [("model_state_dict", state(["a"])), ("state_dict", state(["b"]))])
    refuse(.unsupported, "no state dict", [("weights", state(["a"]))])
    refuse(
      .unsupported, "'fusion_model_state_dict' is a list",
      [
        ("model_state_dict", state(["a"])), ("fusion_model_state_dict", { $0.op("]") }),
      ])
    refuse(.invalid, "control", [("state_dict", state(["a\n"]))])
    refuse(.limit, "256", [("state_dict", state([String(repeating: "n", count: 257)]))])
    refuse(
      .invalid, "under an integer",
      [
        (
          "state_dict",
          {
            $0.dictionary {
              $0.integer(1); $0.tensor("0", count: 2, [2], [1])
            }
          }
        )
      ])
  }

  @Test(
    arguments: [
      ([6], [1], 0, [0, 1, 2, 3, 4, 5]), ([2, 3], [3, 1], 0, [0, 1, 2, 3, 4, 5]),
      ([3, 2], [1, 3], 0, [0, 3, 1, 4, 2, 5]), ([2], [2], 1, [1, 3]), ([2, 2], [3, 2], 0, [0, 2, 3, 5]),
      ([], [], 4, [4]), ([1, 1], [77, 99], 5, [5]), ([0, 9], [9, 1], 6, []),
      ([2, 1, 2], [1, 50, 2], 0, [0, 2, 1, 3]), ([2, 1, 2], [1, Int.max, 2], 0, [0, 2, 1, 3]),
      ([2, 2, 1], [1, 2, Int.max], 0, [0, 2, 1, 3]),
    ] as [([Int], [Int], Int, [Float])])
  func readsViews(_ shape: [Int], _ strides: [Int], _ offset: Int, _ expected: [Float]) throws {
    #expect(try load(view(offset: offset, shape, strides)) == ["w": expected])
  }

  @Test func refusesViewsThatLeaveTheirRecord() {
    expectRefusal(view([7], [1]), .invalid, "tensor 'w'", "6 elements")
    expectRefusal(view(offset: 1, [6], [1]), .invalid, "leaves its record")
    expectRefusal(view(offset: 7, [0], [1]), .invalid, "leaves its record")
    expectRefusal(view([2, 2], [5, 1]), .invalid, "leaves its record")
    expectRefusal(view(offset: 1, [2, 2], [3, 2]), .invalid, "leaves its record")
    expectRefusal(view(offset: Int.max, [1], [1]), .invalid, "leaves its record")
    expectRefusal(view([2], [Int.max]), .invalid, "leaves its record")
    expectRefusal(view([3, 3], [Int.max / 2, Int.max / 2]), .invalid, "leaves its record")
    expectRefusal(view([Int.max], [1]), .invalid, "leaves its record")
    expectRefusal(view([1 << 32, 1 << 32], [1, 1]), .invalid, "overflows")
    expectRefusal(view([1, 1, 1, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1, 1, 1]), .limit, "8")
  }

  @Test func refusesExpandedTensors() {
    expectRefusal(view([3, 6], [0, 1]), .unsupported, "expanded")
    expectRefusal(view([1 << 20], [0]), .unsupported, "expanded")
    expectRefusal(view([5, 2], [1, 1]), .unsupported, "repeat")
  }

  @Test func refusesRecordsOfAnotherSize() {
    expectRefusal(view([1], [1], count: 5), .invalid, "tensor 'w'", "24 bytes")
    expectRefusal(view([1], [1], count: 7), .invalid, "24 bytes")
    expectRefusal(view([1], [1], type: "DoubleStorage"), .invalid, "24 bytes")
    expectRefusal(view([1], [1], count: Int.max), .invalid, "24 bytes")
    expectRefusal(view([1], [1], key: "1"), .invalid, "'data/1'")
    expectRefusal(view([1], [1], key: "../data/0"), .invalid, "record")
    expectRefusal(view([1], [1], key: String(repeating: "0", count: 1000)), .invalid, "record")
    expectRefusal(
      view([1], [1], type: "ComplexFloatStorage"), .unsupported, "'w'", "torch.ComplexFloatStorage")
  }

  @Test func refusesRecordsThatClaimMoreThanAnyMemory() {
    // Compressed, so that nothing in the archive contradicts the size; two of them overflow a sum.
    let pickle = PickleBuilder.pickle {
      $0.dictionary {
        for key in ["0", "1"] {
          $0.string(key)
          $0.tensor(key, "ByteStorage", count: Int.max, [1], [1])
        }
      }
    }
    var builder = checkpoint(pickle, [("0", [1]), ("1", [1])])
    let sizes = UInt64(Int.max).bytes + UInt64(1).bytes
    for index in [2, 3] {
      builder.records[index].method = 8
      builder.records[index].size = .max
      builder.records[index].localSize = 0
      builder.records[index].centralExtra = UInt16(1).bytes + UInt16(16).bytes + sizes
      builder.records[index].localExtra = UInt16(1).bytes + UInt16(16).bytes + sizes
      builder.records[index].descriptor =
        UInt32(0x0807_4B50).bytes + bitwiseCRC32([1]).bytes + UInt64(1).bytes + UInt64(Int.max).bytes
    }
    expectRefusal(builder.build(), .limit, "\(16 << 30)")
  }

  @Test func neverReadsTheOptimizer() throws {
    // The record fails its checksum and its class is unknown: neither matters, for it is not read.
    let pickle = PickleBuilder.pickle {
      $0.dictionary {
        $0.string("optimizer_state_dict")
        $0.dictionary {
          $0.string("m"); $0.tensor("1", count: 2, [2], [1])
        }
        $0.string("model_state_dict")
        $0.dictionary {
          $0.string("w"); $0.tensor("0", count: 2, [2], [1])
        }
      }
    }
    var builder = checkpoint(pickle, [oneRecord, ("1", [1, 2, 3])])
    builder.records[3].crc = 7
    #expect(try load(builder.build()) == ["w": [1.5, -2]])
  }

  @Test func readsARecordWhenItsTensorIsAskedFor() throws {
    let pickle = PickleBuilder.pickle {
      $0.dictionary {
        for (name, key) in [("a", "0"), ("b", "1")] {
          $0.string(name)
          $0.tensor(key, count: 2, [2], [1])
        }
      }
    }
    var builder = checkpoint(pickle, [oneRecord, ("1", oneRecord.1)])
    builder.records[3].crc = 7
    let bytes = builder.build()
    func check(_ file: WeightsFile) throws {
      #expect(file.names == ["a", "b"] && file.info("b")?.shape == [2])
      #expect(try read("a", from: file) == [1.5, -2])
      for _ in 0..<2 {
        let failure = #expect(throws: Failure.self) { try read("b", from: file) }
        #expect(failure?.kind == .invalid && failure?.message.contains("CRC-32") == true)
      }
      #expect(throws: Failure.self) { try file.check("b", ThreadPool(threads: 2)) }
      try file.check("a", ThreadPool(threads: 2))
      var raw = [UInt8](repeating: 0, count: 8)
      #expect(throws: Failure.self) {
        try raw.withUnsafeMutableBytes { bytes in try file.readStored("b", into: bytes) }
      }
      #expect(file.stored("b") == nil)
    }
    try bytes.withUnsafeBytes { try check(WeightsFile(bytes: $0, keys: .sample)) }
    try TestFiles.withFile(bytes) { try check(WeightsFile(path: $0)) }
  }

  /// Checksums are made of pieces by several threads, and joined.
  @Test(arguments: [1, 3, 40]) func checksRecordsOfManyPieces(threads: Int) throws {
    let values = (0..<200_001).map { Float($0) }
    let bytes = values.bytes
    let crc = bytes.withUnsafeBytes { CRC32.checksum($0) }
    let pickle = PickleBuilder.pickle {
      $0.dictionary {
        $0.string("w")
        $0.tensor("0", count: values.count, [values.count], [1])
      }
    }
    for damage in [nil, 0, 262_143, 262_144, 800_003] {
      var builder = checkpoint(pickle, [("0", bytes)])
      builder.records[2].crc = crc
      if let damage { builder.records[2].data[damage] ^= 4 }
      try TestFiles.withFile(builder.build()) { path in
        let file = try WeightsFile(path: path)
        if damage == nil {
          try file.check("w", ThreadPool(threads: threads))
          #expect(try read("w", from: file) == values)
        } else {
          #expect(throws: Failure.self) { try file.check("w", ThreadPool(threads: threads)) }
        }
      }
    }
  }

  @Test func sharesRecordsBetweenTensors() throws {
    let bytes = PickleBuilder.pickle {
      $0.dictionary {
        for name in ["a", "b"] {
          $0.string(name)
          $0.tensor("0", count: 2, [2], [1])
        }
      }
    }
    #expect(try load(checkpoint(bytes, [oneRecord]).build()) == ["a": [1.5, -2], "b": [1.5, -2]])
  }

  @Test func refusesMoreTensorsThanTheLimit() {
    let bare = PickleBuilder.pickle {
      $0.op("}")
      $0.string("first")
      $0.tensor("0", count: 2, [2], [1])
      $0.raw([0x71, 0, 0x73])
      for index in 0..<8192 {
        $0.string("\(index)")
        $0.raw([0x68, 0, 0x73])
      }
    }
    expectRefusal(checkpoint(bare, [oneRecord]).build(), .limit, "8192")
  }

  @Test func refusesNamesThatAreNotUTF8() {
    let pickle = PickleBuilder.pickle {
      $0.dictionary {
        $0.raw([0x55, 2, 0xC3, 0x28])
        $0.tensor("0", count: 2, [2], [1])
      }
    }
    expectRefusal(checkpoint(pickle, [oneRecord]).build(), .invalid, "UTF-8")
  }

  @Test func refusesConjugateViews() {
    func metadata(_ body: (inout PickleBuilder) -> Void) -> [UInt8] {
      let pickle = PickleBuilder.pickle {
        $0.dictionary {
          $0.string("w")
          $0.global("torch._utils", "_rebuild_tensor_v2")
          $0.op("(")
          $0.storage("0", "FloatStorage", 2)
          $0.integer(0)
          $0.tuple([2])
          $0.tuple([1])
          $0.raw([0x89, 0x4E])
          body(&$0)
          $0.op("t")
          $0.op("R")
        }
      }
      return checkpoint(pickle, [oneRecord]).build()
    }
    expectRefusal(
      metadata {
        $0.dictionary {
          $0.string("neg"); $0.raw([0x88])
        }
      }, .unsupported, "negated")
    #expect(throws: Never.self) { try load(metadata { $0.op("}") }) }
    #expect(throws: Never.self) { try load(metadata { $0.op("N") }) }
  }
}

/// Files written by torch, against values written by torch.
@Suite struct FixtureTests {
  @Test(arguments: ["checkpoint", "plain"])
  func torchFilesGiveTorchsValues(_ name: String) throws {
    let read = try load(TestFiles.fixture(name + ".pt"))
    let expected = try load(TestFiles.fixture(name + ".safetensors"))
    #expect(read.keys.sorted() == expected.keys.sorted())
    for (name, values) in expected {
      #expect(read[name]?.bits == values.bits, "\(name)")
    }
  }

  @Test func aFileGivesWhatItsBytesGive() throws {
    let path = TestFiles.fixtures.appendingPathComponent("checkpoint.pt").path
    let file = try WeightsFile(path: path, keys: .sample)
    #expect(file.format == .torch)
    #expect(file.metadata.isEmpty)
    #expect(file.sections == ["model_state_dict", "fusion_model_state_dict", "optimizer_state_dict"])
    #expect(file.names == file.names.sorted { bytesPrecede($0, $1) })
    #expect(file.info("visual.proj") == TensorInfo(name: "visual.proj", elementType: .f32, shape: [7, 5]))
    let expected = try load(TestFiles.fixture("checkpoint.pt"))
    for (name, values) in try values(of: file) { #expect(expected[name]?.bits == values.bits) }
    let path2 = TestFiles.fixtures.appendingPathComponent("checkpoint.safetensors").path
    let safe = try WeightsFile(path: path2, keys: .sample)
    #expect(safe.names == file.names)
    #expect(safe.metadata.keys == ["made by"])
  }

  private struct Expected: Decodable {
    let tensors: Int
    let crc32: UInt32
  }

  @Test(.enabled(if: TestFiles.hasParity, "needs ../shared/parity"))
  func referenceCheckpointsGiveTorchsValues() throws {
    let table = try JSONDecoder().decode(
      [String: Expected].self,
      from: Data(contentsOf: TestFiles.fixtures.appendingPathComponent("parity.json")))
    #expect(!table.isEmpty)
    for (name, expected) in table {
      let path = TestFiles.shared.appendingPathComponent("parity/\(name)/checkpoint.pt").path
      let file = try WeightsFile(path: path, keys: .sample)
      #expect(file.names.count == expected.tensors, "\(name)")
      var all: [UInt8] = []
      for tensor in file.names {
        all += Array(tensor.utf8)
        try read(tensor, from: file).withUnsafeBytes { all += $0 }
      }
      let crc = all.withUnsafeBytes { CRC32.checksum($0) }
      #expect(crc == expected.crc32, "\(name)")
    }
  }
}
