import System
import Testing
import Weights

@testable import Model

/// The options that a checkpoint states, those that the caller may choose, and the error for each contradiction.
struct LoadingTests {
  private func load(
    _ tensors: InMemoryTensors, _ options: LoadOptions = LoadOptions(), declares: Bool = true
  ) throws -> Configuration {
    try ActionCLIP(tensors, options: options, declaresOptions: declares).configuration
  }

  private func failure(
    _ tensors: InMemoryTensors, _ options: LoadOptions = LoadOptions(), declares: Bool = true
  ) -> Failure? {
    do throws(Failure) {
      _ = try ActionCLIP(tensors, options: options, declaresOptions: declares)
      return nil
    } catch { return error }
  }

  @Test func sizesFollowFromShapes() throws {
    let c = try load(.clip())
    #expect(c.imageSize == 8 && c.patchSize == 4 && c.gridSize == 2)
    #expect(c.visionWidth == 64 && c.visionLayers == 2 && c.visionHeads == 1)
    #expect(c.textWidth == 64 && c.textLayers == 2 && c.textHeads == 1)
    #expect(c.embeddingSize == 24 && c.contextLength == 12 && c.vocabularySize == 50)
    #expect(c.frames == 8 && !c.joint && c.temporalShift == .off && c.head == .meanP)
  }

  @Test func headsAreRecognisedByTheirTensors() throws {
    var conv = InMemoryTensors.clip()
    conv.addConv1D()
    #expect(try load(conv).head == .conv1D)
    var transf = InMemoryTensors.clip()
    transf.addTransf()
    #expect(try load(transf).head == .transf)
    var cls = InMemoryTensors.clip()
    cls.addTransfCls(frames: 5)
    let c = try load(cls)
    #expect(c.head == .transfCls && c.frames == 5)
  }

  @Test func everyMissingTensorIsNamed() {
    var full = InMemoryTensors.clip(infix: "net.")
    full.addTransf()
    #expect(failure(full) == nil)
    for name in full.names where name != "logit_scale" {
      var lacking = full
      lacking.tensors[name] = nil
      let error = failure(lacking, LoadOptions(temporalShift: .twoSided, head: .transf))
      // Without its first block the shift's names cannot be seen either.
      if error?.kind == .optionConflict { continue }
      #expect(error?.kind == .missingTensor || error?.kind == .unsupported, "\(name): \(error as Any)")
      #expect(error?.message.contains(name.split(separator: ".")[0]) == true)
    }
  }

  @Test func everyWrongShapeIsNamed() {
    let full = InMemoryTensors.clip()
    for name in full.names {
      var wrong = full
      wrong.add(name, [7, 9])
      let error = failure(wrong)
      #expect(error != nil, "\(name)")
      #expect(error?.kind == .tensorShape || error?.kind == .missingTensor, "\(name): \(error as Any)")
    }
  }

  @Test func weightsThatAreNotNumbersAreRefused() {
    for bad in [Float.nan, .infinity] {
      var damaged = InMemoryTensors.clip()
      damaged.tensors["visual.proj"]?.values[17] = bad
      #expect(failure(damaged)?.kind == .notFinite)
      #expect(failure(damaged)?.message.contains("visual.proj") == true)
    }
  }

  @Test func logitScaleMayBeAListOfOne() throws {
    var list = InMemoryTensors.clip()
    list.tensors["logit_scale"] = ([1], [4.6052])
    let model = try ActionCLIP(list, options: LoadOptions(), declaresOptions: true)
    #expect(abs(model.logitScale - 100) < 0.01)
    list.tensors["logit_scale"] = ([2], [1, 1])
    #expect(failure(list)?.kind == .tensorShape)
  }

  @Test func weightsOfWholeNumbersAreRefused() {
    var integers = InMemoryTensors.clip()
    integers.elementTypes["visual.ln_pre.weight"] = .i64
    #expect(failure(integers)?.kind == .tensorShape)
    #expect(failure(integers)?.message.contains("visual.ln_pre.weight") == true)
  }

  @Test(arguments: [ShiftForm.twoSided, .causal])
  func shiftMayBeChosenOverPlainCLIPOnly(form: ShiftForm) throws {
    let plain = InMemoryTensors.clip()
    let chosen = LoadOptions(temporalShift: form)
    #expect(try load(plain, chosen, declares: false).temporalShift == form)
    #expect(failure(plain, chosen, declares: true)?.kind == .optionConflict)
    let shifted = InMemoryTensors.clip(infix: "net.")
    #expect(try load(shifted).temporalShift == .twoSided)
    #expect(try load(shifted, chosen).temporalShift == form)
    #expect(failure(shifted, LoadOptions(temporalShift: .off))?.kind == .optionConflict)
  }

  @Test func jointIsWhatTheTimeEmbeddingSays() throws {
    #expect(failure(.clip(), LoadOptions(joint: true))?.kind == .missingTensor)
    var joint = InMemoryTensors.clip()
    joint.add("visual.time_embedding", [6, 64])
    let c = try load(joint)
    #expect(c.joint && c.frames == 6)
    #expect(failure(joint, LoadOptions(joint: false))?.kind == .optionConflict)
    #expect(failure(joint, LoadOptions(frames: 8))?.kind == .optionConflict)
    #expect(failure(joint, LoadOptions(head: .lstm))?.kind == .optionConflict)
    #expect(failure(joint, LoadOptions(temporalShift: .twoSided), declares: false)?.kind == .optionConflict)
    joint.addConv1D()
    #expect(failure(joint)?.kind == .optionConflict)
  }

  @Test func headsThatTheFileContradictsAreRefused() {
    for head in TemporalHeadKind.all where head != .meanP {
      #expect(failure(.clip(), LoadOptions(head: head))?.kind == .missingTensor)
    }
    var conv = InMemoryTensors.clip()
    conv.addConv1D()
    for head in TemporalHeadKind.all where head != .conv1D {
      #expect(failure(conv, LoadOptions(head: head))?.kind == .optionConflict)
    }
    #expect(failure(conv, LoadOptions(head: .conv1D)) == nil)
  }

  @Test func framesAreBoundedByWhatTheHeadHas() throws {
    var transf = InMemoryTensors.clip()
    transf.addTransf()
    #expect(try load(transf, LoadOptions(frames: 12)).frames == 12)
    #expect(failure(transf, LoadOptions(frames: 13))?.kind == .optionConflict)
    var cls = InMemoryTensors.clip()
    cls.addTransfCls(frames: 5)
    #expect(failure(cls, LoadOptions(frames: 8))?.kind == .optionConflict)
    #expect(failure(.clip(), LoadOptions(frames: 0))?.kind == .invalidArgument)
    #expect(failure(.clip(), LoadOptions(frames: 1025))?.kind == .invalidArgument)
  }

  @Test func framesOfAFileAreBoundedToo() {
    for frames in [0, 1025] {
      var cls = InMemoryTensors.clip()
      cls.addTransfCls(frames: frames)
      #expect(failure(cls)?.kind == .tensorShape)
    }
    var joint = InMemoryTensors.clip()
    joint.add("visual.time_embedding", [1025, 64])
    #expect(failure(joint)?.kind == .tensorShape)
    #expect(failure(joint)?.message.contains("visual.time_embedding") == true)
  }

  @Test func aScaleBeyondFp32IsRefused() {
    var tensors = InMemoryTensors.clip()
    tensors.tensors["logit_scale"] = ([], [89])
    #expect(failure(tensors)?.kind == .notFinite)
    tensors.tensors["logit_scale"] = ([], [-1e30])
    #expect(failure(tensors) == nil)
  }

  @Test func otherArchitecturesAreNotLoadedQuietly() {
    var prompts = InMemoryTensors.clip()
    prompts.add("prompts_visual_proj", [64, 24])
    #expect(failure(prompts)?.isUnknownTensor("prompts_visual_proj") == true)
    var resnet = InMemoryTensors.clip()
    resnet.add("visual.layer1.0.conv1.weight", [4, 4, 1, 1])
    #expect(failure(resnet)?.isUnknownTensor("visual.layer1.0.conv1.weight") == true)
    var buffers = InMemoryTensors.clip()
    buffers.add("input_resolution", [])
    buffers.add("transformer.resblocks.0.attn_mask", [4, 4])
    #expect(failure(buffers) == nil)
    buffers.add("visual.transformer.resblocks.0.attn_mask", [4, 4])
    #expect(failure(buffers)?.message.contains("visual.transformer.resblocks.0.attn_mask") == true)
  }
}

extension Failure {
  fileprivate func isUnknownTensor(_ name: String) -> Bool {
    kind == .unsupported && message.hasPrefix("tensor '\(name)' belongs to no part of ActionCLIP")
  }
}
