import System
import Testing
import Weights

@testable import Families

@Suite struct RenamedTensorsTests {
  private func renamed(
    _ shapes: [(name: String, shape: [Int])], type: ElementType = .f32
  ) throws -> RenamedTensors {
    let source = try FakeTensors(shapes, type: type)
    return try RenamedTensors(source, Layout(source.names))
  }

  private func refusal(_ shapes: [(name: String, shape: [Int])]) throws -> Failure? {
    let source = try FakeTensors(shapes)
    return #expect(throws: Failure.self) { try RenamedTensors(source, Layout(source.names)) }
  }

  private func values(_ tensors: RenamedTensors, _ name: String) throws -> [Float] {
    let count = try #require(tensors.info(name)).count
    var values = [Float](repeating: -1, count: count)
    try values.withUnsafeMutableBufferPointer { try tensors.read(name, into: $0) }
    return values
  }

  private let patch = (name: "vision_model.embeddings.patch_embedding.weight", shape: [1])
  private let layer = "text_model.encoder.layers.3.self_attn."

  @Test func putsQueriesKeysAndValuesBelowEachOther() throws {
    let tensors = try renamed([
      (layer + "v_proj.weight", [2, 2]), (layer + "q_proj.weight", [2, 2]),
      (layer + "k_proj.weight", [2, 2]), patch,
    ])
    let name = "transformer.resblocks.3.attn.in_proj_weight"
    #expect(tensors.info(name)?.shape == [6, 2])
    #expect(try values(tensors, name) == [4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3])
    #expect(tensors.isWhole(name))
    for first in 0..<12 {
      for count in 0...12 - first {
        var part = [Float](repeating: -1, count: count)
        try part.withUnsafeMutableBufferPointer { try tensors.read(name, from: first, into: $0) }
        #expect(part == Array(try values(tensors, name)[first..<first + count]))
      }
    }
  }

  @Test func readsStoredBytesOfPutTogetherTensors() throws {
    let tensors = try renamed(
      [
        (layer + "q_proj.bias", [2]), (layer + "k_proj.bias", [2]), (layer + "v_proj.bias", [2]), patch,
      ], type: .u8)
    var bytes = [UInt8](repeating: 0, count: 6)
    let isRead = try bytes.withUnsafeMutableBytes {
      try tensors.readStored("transformer.resblocks.3.attn.in_proj_bias", into: $0)
    }
    #expect(isRead)
    #expect(bytes == [0, 1, 2, 3, 4, 5])
  }

  private let trunk = [
    (name: "visual.trunk.patch_embed.proj.weight", shape: [1]),
    (name: "visual.trunk.blocks.0.norm1.weight", shape: [1]),
  ]

  @Test func keysWithoutABiasHaveZeros() throws {
    let own = "visual.trunk.blocks.1.attn."
    let tensors = try renamed([(own + "q_proj.bias", [2]), (own + "v_proj.bias", [2])] + trunk)
    let name = "visual.transformer.resblocks.1.attn.in_proj_bias"
    #expect(tensors.info(name)?.shape == [6])
    #expect(try values(tensors, name) == [0, 1, 0, 0, 2, 3])
    #expect(!tensors.isWhole(name) && tensors.stored(name) == nil)
    let error = try refusal([(own + "q_proj.bias", [2])] + trunk)
    #expect(error?.message.contains("q_proj.bias") == true)
  }

  @Test func putsUnequalHalvesBelowEachOther() throws {
    let own = "visual.trunk.attn_pool."
    let tensors = try renamed([(own + "kv.weight", [4, 2]), (own + "q.weight", [2, 2])] + trunk)
    let name = "visual.pool.attn.in_proj_weight"
    #expect(tensors.info(name)?.shape == [6, 2])
    #expect(try values(tensors, name) == [8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 6, 7])
    #expect(
      try refusal([(own + "kv.weight", [4, 3]), (own + "q.weight", [2, 2])] + trunk)?.kind == .tensorShape)
  }

  @Test func numbersAreNoMatricesToPutTogether() throws {
    let own = "visual.trunk.attn_pool."
    for shapes in [
      [(own + "kv.bias", [4]), (own + "q.bias", [])], [(own + "kv.bias", []), (own + "q.bias", [])],
    ] {
      #expect(try refusal(shapes + trunk)?.kind == .tensorShape)
    }
    let attention = "visual.trunk.blocks.0.attn."
    #expect(
      try refusal([(attention + "q_proj.bias", []), (attention + "v_proj.bias", [])] + trunk)?.kind
        == .tensorShape)
  }

  @Test func factorsOfInt8AreRefused() throws {
    let source = try FakeTensors([("visual.trunk.blocks.0.mlp.fc1_g.weight", [2, 2])] + trunk, type: .i8)
    let error = #expect(throws: Failure.self) { try RenamedTensors(source, Layout(source.names)) }
    #expect(error?.message.contains("int8") == true)
  }

  @Test func scalesGatesAndDropsDimensionsOfOne() throws {
    let own = "visual.trunk.blocks.0.mlp."
    let tensors = try renamed(
      [
        ("visual.trunk.cls_token", [1, 1, 2]), ("visual.trunk.pos_embed", [1, 3, 2]),
        (own + "fc1_g.weight", [2, 1]),
        (own + "fc1_x.weight", [2, 1]),
      ] + trunk)
    #expect(tensors.info("visual.class_embedding")?.shape == [2])
    #expect(tensors.info("visual.positional_embedding")?.shape == [3, 2])
    let block = "visual.transformer.resblocks.0.mlp."
    #expect(try values(tensors, block + "c_gate.weight") == [8, 9].map { $0 * (1 / Float(1.702)) })
    #expect(try values(tensors, block + "c_fc.weight") == [10, 11].map { $0 * Float(1.702) })
    #expect(!tensors.isWhole(block + "c_gate.weight") && tensors.isWhole("visual.class_embedding"))
  }

  @Test func turnsProjections() throws {
    let tensors = try renamed([("visual_projection.weight", [2, 3]), patch])
    #expect(tensors.info("visual.proj")?.shape == [3, 2])
    #expect(try values(tensors, "visual.proj") == [0, 3, 1, 4, 2, 5])
    #expect(!tensors.isWhole("visual.proj"))
    #expect(tensors.stored("visual.proj") == nil)
  }

  @Test func knowsEveryNameOfHuggingFace() throws {
    let block =
      ["layer_norm1", "layer_norm2", "mlp.fc1", "mlp.fc2", "self_attn.out_proj"]
      + ["q", "k", "v"].map { "self_attn.\($0)_proj" }
    var theirs = ["vision_model.encoder.layers.0.", "text_model.encoder.layers.11."].flatMap { layer in
      block.flatMap { [layer + $0 + ".weight", layer + $0 + ".bias"] }
    }
    theirs += ["pre_layrnorm", "post_layernorm"].flatMap {
      ["vision_model.\($0).weight", "vision_model.\($0).bias"]
    }
    theirs += ["text_model.final_layer_norm.weight", "text_model.final_layer_norm.bias", "logit_scale"]
    theirs += ["vision_model.embeddings.class_embedding", "vision_model.embeddings.position_ids"]
    theirs += ["vision_model", "text_model"].map { $0 + ".embeddings.position_embedding.weight" }
    theirs += [
      patch.name, "text_model.embeddings.token_embedding.weight", "text_model.embeddings.position_ids",
    ]
    let tensors = try renamed(
      theirs.map { ($0, [1]) } + [("visual_projection.weight", [1, 1]), ("text_projection.weight", [1, 1])])
    let inBlock = [
      "attn.in_proj_bias", "attn.in_proj_weight", "attn.out_proj.bias", "attn.out_proj.weight", "ln_1.bias",
      "ln_1.weight", "ln_2.bias", "ln_2.weight", "mlp.c_fc.bias", "mlp.c_fc.weight", "mlp.c_proj.bias",
      "mlp.c_proj.weight",
    ]
    let ours =
      inBlock.map { "visual.transformer.resblocks.0." + $0 }
      + inBlock.map { "transformer.resblocks.11." + $0 }
      + ["ln_pre", "ln_post"].flatMap { ["visual.\($0).bias", "visual.\($0).weight"] }
      + [
        "visual.class_embedding", "visual.conv1.weight", "visual.positional_embedding", "visual.proj",
        "token_embedding.weight", "positional_embedding", "text_projection", "ln_final.bias",
        "ln_final.weight",
        "logit_scale",
      ]
    #expect(tensors.names == ours.sorted())
  }

  @Test(arguments: [
    ("clip.visual.proj", "visual.proj"),
    ("adapter.transformer.resblocks.0.ln_1.bias", "fusion.transformer.resblocks.0.ln_1.bias"),
  ])
  func readsMmaction2sNames(_ theirs: String, _ ours: String) throws {
    let tensors = try renamed([("clip.visual.conv1.weight", [1]), ("adapter.x", [1]), (theirs, [1])])
    #expect(tensors.info(ours) != nil)
  }

  @Test func readsViFiCLIPsNamesWithoutItsLabels() throws {
    let tensors = try renamed([
      ("module.image_encoder.conv1.weight", [1]), ("module.text_encoder.text_projection", [1, 1]),
      ("module.prompt_learner.complete_text_embeddings", [4, 1, 1]), ("module.logit_scale", []),
    ])
    #expect(tensors.names == ["logit_scale", "text_projection", "visual.conv1.weight"])
  }

  @Test func leavesWhatItDoesNotKnowForTheModelToRefuse() throws {
    let tensors = try renamed([
      patch, ("text_model.extra", [1]), ("vision_model.encoder.layers.0.extra", [1]),
    ])
    #expect(tensors.names.contains("text_model.extra"))
    #expect(tensors.names.contains("vision_model.encoder.layers.0.extra"))
  }

  @Test func refusesAMissingPart() throws {
    let error = try refusal([(layer + "q_proj.weight", [2, 2]), (layer + "v_proj.weight", [2, 2]), patch])
    #expect(error?.kind == .missingTensor)
    #expect(error?.message.contains("'\(layer)v_proj.weight'") == true)
  }

  @Test func refusesPartsThatDoNotFitTogether() throws {
    let error = try refusal([
      (layer + "q_proj.weight", [2, 2]), (layer + "k_proj.weight", [2, 3]),
      (layer + "v_proj.weight", [2, 2]), patch,
    ])
    #expect(error?.kind == .tensorShape)
  }

  @Test func refusesTwoTensorsForOne() throws {
    let error = try refusal([
      ("visual.conv1.weight", [1]), ("text.ln_final.weight", [1]), ("ln_final.weight", [1]),
    ])
    #expect(error?.message.contains("all stand for 'ln_final.weight'") == true)
  }

  @Test func refusesAProjectionThatIsNoMatrix() throws {
    #expect(try refusal([("text_projection.weight", [2, 2, 2]), patch])?.kind == .tensorShape)
  }
}
