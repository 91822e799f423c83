import System
import Foundation
import Testing

@testable import Weights

@Suite struct TorchScriptTests {
  // MARK: - What is read

  @Test func namesTensorsByTheirPath() throws {
    let bytes = script {
      $0.object("Top") {
        $0.string("logit_scale"); $0.onePair()
        $0.string("visual")
        $0.object("Part") {
          $0.string("0")
          $0.object("Part") {
            $0.string("weight"); $0.onePair()
          }
          $0.string("proj"); $0.onePair()
        }
        $0.string("last"); $0.onePair()
      }
    }.build()
    try bytes.withUnsafeBytes {
      let file = try WeightsFile(bytes: $0, keys: .sample)
      #expect(file.format == .torchScript)
      #expect(file.names == ["last", "logit_scale", "visual.0.weight", "visual.proj"])
      #expect(file.sections.isEmpty && file.metadata.isEmpty)
      for name in file.names { #expect(try read(name, from: file) == [1.5, -2]) }
    }
  }

  @Test func aSharedModuleHasBothNames() throws {
    let bytes = script {
      $0.object("Top") {
        $0.string("a")
        $0.object("Part") {
          $0.string("w"); $0.onePair()
        }
        $0.raw([0x71, 7])
        $0.string("b"); $0.raw([0x68, 7])
      }
    }
    #expect(try load(bytes.build()) == ["a.w": [1.5, -2], "b.w": [1.5, -2]])
  }

  @Test func passesOverWhatIsNoTensorOrModule() throws {
    let bytes = script {
      $0.object("Top") {
        $0.string("training"); $0.raw([0x89])
        $0.string("hook"); $0.op("N")
        $0.string("vocab_size"); $0.integer(49408)
        $0.string("integers"); $0.built("torch.jit._pickle", "build_intlist") { $0.op("]") }
        $0.string("lengths"); $0.built("torch.jit._pickle", "restore_type_tag") { $0.op("}") }
        $0.string("tensors")
        $0.built("torch.jit._pickle", "build_tensorlist") {
          $0.op("]"); $0.onePair(); $0.op("a")
        }
        $0.string("device"); $0.built("torch", "device") { $0.string("cpu") }
        // An enum's value is the arguments of its call.
        $0.string("colour"); $0.global("__torch__.shop", "Colour"); $0.integer(1); $0.op("R")
        $0.string("listed"); $0.op("]");
        $0.object("Part") {
          $0.string("w"); $0.onePair()
        }; $0.op("a")
        $0.string("w"); $0.onePair()
      }
    }
    #expect(try load(bytes.build()) == ["w": [1.5, -2]])
  }

  @Test func neverReadsPrograms() throws {
    // No constant is a pickle or has its checksum, and the code is not what deflate writes.
    var builder = script {
      $0.object("Top") {
        $0.string("w"); $0.onePair()
      }
    }
    for name in [
      "constants/0", "code/x.py.debug_pkl", "traced_inputs.pkl", "extra/anything", ".data/serialization_id",
    ] {
      builder.records.append(.init(name: "c/" + name, data: [0xFF, 0, 1], crc: 7))
    }
    #expect(try load(builder.build()) == ["w": [1.5, -2]])
  }

  // MARK: - Which reader

  @Test func aCheckpointCannotCarryModules() throws {
    func module(_ pickle: inout PickleBuilder) {
      pickle.object("Top") {
        $0.string("w"); $0.onePair()
      }
    }
    expectRefusal(
      checkpoint(PickleBuilder.pickle(module), [oneRecord]).build(), .unsupported, "'__torch__.Top'",
      "not a dict of tensors")
    let beside = PickleBuilder.pickle {
      $0.dictionary {
        $0.string("model_state_dict")
        $0.dictionary {
          $0.string("v"); $0.onePair()
        }
        $0.string("module"); module(&$0)
      }
    }
    #expect(try load(checkpoint(beside, [oneRecord]).build()) == ["v": [1.5, -2]])
    let within = PickleBuilder.pickle {
      $0.dictionary {
        $0.string("state_dict"); module(&$0)
      }
    }
    expectRefusal(checkpoint(within, [oneRecord]).build(), .unsupported, "'__torch__.Top'")
  }

  @Test func anArchiveOfProgramsIsNoCheckpoint() {
    // A dict, as torch.save writes it, with torch.jit.save's other entries.
    expectRefusal(
      script { $0.raw(Array(onePickle.dropFirst(2).dropLast())) }.build(), .unsupported,
      "a dict, not a module")
    expectRefusal(script { $0.global("__torch__", "Top") }.build(), .unsupported, "not a module")
    expectRefusal(
      script {
        $0.object("Top", module: "torch.nn") {
          $0.string("w"); $0.onePair()
        }
      }.build(), .unsupported,
      "'torch.nn.Top'")
    expectRefusal(
      script { $0.object("Top", module: "__torch__evil") { _ in } }.build(), .unsupported, "__torch__evil")
  }

  @Test func halfAnArchiveOfProgramsIsRefused() {
    for (kept, missing) in [("c/constants.pkl", "code/"), ("c/code/__torch__.py", "constants.pkl")] {
      var builder = script {
        $0.object("Top") {
          $0.string("w"); $0.onePair()
        }
      }
      builder.records.removeAll {
        ["c/constants.pkl", "c/code/__torch__.py"].contains($0.name) && $0.name != kept
      }
      expectRefusal(builder.build(), .invalid, "no \(missing)")
      var plain = checkpoint(onePickle, [oneRecord])
      plain.records.append(.init(name: kept, data: []))
      expectRefusal(plain.build(), .invalid, "no \(missing)")
    }
  }

  // MARK: - Records

  @Test func refusesRecordsThatDoNotFit() {
    let one = script {
      $0.object("Top") {
        $0.string("w"); $0.onePair()
      }
    }
    func refuse(_ kind: Failure.Kind, _ named: String, _ change: (inout ZipBuilder) -> Void) {
      var builder = one
      change(&builder)
      expectRefusal(builder.build(), kind, named)
    }
    let record = one.records.firstIndex { $0.name == "c/data/0" } ?? 0
    refuse(.invalid, "'data/0' is not in the archive") { $0.records.remove(at: record) }
    // A tensor constant of the programs is no weight.
    refuse(.invalid, "'data/0' is not in the archive") { $0.records[record].name = "c/constants/0" }
    refuse(.invalid, "holds 4 bytes") { $0.records[record].data.removeLast(4) }
    refuse(.unsupported, "compressed") { $0.records[record].method = 8 }
    refuse(.invalid, "CRC-32") { $0.records[record].crc = 7 }
    refuse(.unsupported, "compressed") { $0.records[0].method = 8 }
    refuse(.unsupported, "'big'") { $0.records.append(.init(name: "c/byteorder", data: Array("big".utf8))) }
  }

  // MARK: - Files written by torch

  private static let folder = TestFiles.root.appendingPathComponent("Tests/fixtures/torchscript")

  private func fixture(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: TorchScriptTests.folder.appendingPathComponent(name)))
  }

  @Test func torchsModulesGiveTorchsValues() throws {
    let read = try load(fixture("many.pt"))
    let expected = try load(fixture("many.safetensors"))
    #expect(read.keys.sorted() == expected.keys.sorted())
    for (name, values) in expected { #expect(read[name]?.bits == values.bits, "\(name)") }
  }

  @Test func aTracedCLIPHasItsStateDictsNames() throws {
    try fixture("clip.pt").withUnsafeBytes {
      let file = try WeightsFile(bytes: $0, keys: .sample)
      #expect(file.format == .torchScript && file.names.count == 41)
      #expect(file.info("visual.conv1.weight")?.elementType == .f16)
      #expect(file.info("visual.ln_pre.weight")?.elementType == .f32)
      let name = "transformer.resblocks.0.attn.in_proj_weight"
      #expect(file.info(name) == TensorInfo(name: name, elementType: .f16, shape: [192, 64]))
      #expect(file.info("vocab_size") == TensorInfo(name: "vocab_size", elementType: .i64, shape: []))
      #expect(try read("vocab_size", from: file) == [48])
    }
  }

  /// A real module's pickle that is damaged or cut short: an error or names, never a crash.
  @Test func survivesAFlippedBitInEveryByteAndEveryCut() throws {
    let file = try fixture("many.pt")
    let start = try #require(
      file.indices.first { file[$0...].starts(with: [0x80, 2] + Array("c__torch__\nMany\n".utf8)) })
    let stop = try #require((start..<file.count - 4).first { file[$0..<$0 + 4] == [0x50, 0x4B, 7, 8] })
    func names(_ bytes: [UInt8]) throws(Failure) -> Int {
      let result = bytes.withUnsafeBytes { buffer in
        Result { () throws(Failure) in
          let pickle = try Pickle(ByteBlock(borrowing: buffer), .script)
          return try ModuleTree(pickle, .sample).tensors.count
        }
      }
      return try result.get()
    }
    let bytes = Array(file[start..<stop])
    #expect(try names(bytes) == 10)
    withOneBitOfEachByteFlipped(bytes) { _ = try? names($0) }
    for count in 0..<bytes.count {
      #expect(throws: Failure.self) { try names(Array(bytes.prefix(count))) }
    }
  }
}
