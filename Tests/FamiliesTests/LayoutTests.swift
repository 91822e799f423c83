import System
import Testing
import Weights

@testable import Families

@Suite struct LayoutTests {
  private func refusal(_ names: [String]) -> Failure? {
    #expect(throws: Failure.self) { try Layout(names) }
  }

  @Test(arguments: [
    (["visual.conv1.weight", "ln_final.weight"], Family.clip, ""),
    (["module.visual.conv1.weight"], .clip, "module."),
    (["model.visual.conv1.weight"], .clip, "model."),
    (["_orig_mod.module.visual.conv1.weight"], .clip, "_orig_mod.module."),
    (["clip.visual.conv1.weight", "adapter.frame_position_embeddings.weight"], .mmaction2, "clip."),
    (["clip.visual.conv1.weight"], .clip, "clip."),
    (["vision_model.embeddings.patch_embedding.weight"], .huggingFace, ""),
    (["model.vision_model.embeddings.patch_embedding.weight"], .huggingFace, "model."),
    (["image_encoder.conv1.weight", "text_encoder.ln_final.weight"], .viFiCLIP, ""),
    (["vision_model.embeddings.patch_embedding.weight", "vision_model.head.probe"], .sigLIP, ""),
    (["visual.conv1.weight", "logit_bias"], .clip, ""),
    (
      ["module.visual.trunk.patch_embed.proj.weight", "module.visual.trunk.blocks.0.norm1.weight"],
      .openCLIPTimm, "module."
    ),
    (
      ["visual.trunk.patch_embed.backbone.0.conv.weight", "visual.trunk.blocks.0.norm1.weight"],
      .openCLIPTimm, ""
    ),
    (["model.visual.conv1.weight", "raw_model.visual.conv1.weight"], .openVCLIP, "model."),
    (["module.visual.conv1.weight", "module.prompts_generator.alpha"], .xclip, "module."),
    (
      ["vision_model.embeddings.patch_embedding.weight", "prompts_generator.alpha"], .huggingFaceXCLIP,
      ""
    ),
    ([], .clip, ""),
  ])
  func tellsALayoutByItsPatchEmbedding(_ names: [String], _ family: Family, _ prefix: String) throws {
    let layout = try Layout(names)
    #expect(layout.family == family)
    #expect(layout.prefix == prefix)
  }

  @Test(arguments: [
    (["visual.layer1.0.conv1.weight", "visual.conv1.weight"], "ResNet"),
    (["visual.trunk.blocks.0.norm1.weight"], "timm"),
    (["visual.trunk.patch_embed.proj.weight", "visual.trunk.layers.0.blocks.0.norm1.weight"], "timm"),
    (["visual.trunk.patch_embed.backbone.conv.weight", "visual.trunk.blocks.0.norm1.weight"], "timm"),
    (
      ["visual.trunk.final_conv.weight", "visual.trunk.stages.0.blocks.0.token_mixer.norm.weight"],
      "MobileCLIP2-B"
    ),
    (["image_encoder.model.patch_emb.0.block.conv.weight"], "open_clip's folders of MobileCLIP-B"),
    (["visual.transformer.resblocks.0.S_Adapter.D_fc1.weight"], "adapters"),
  ])
  func namesWhatItDoesNotRead(_ names: [String], _ what: String) {
    let error = refusal(names)
    #expect(error?.kind == .unsupported)
    #expect(error?.message.contains(what) == true)
  }

  @Test func refusesTwoImageEncoders() {
    for names in [
      ["a.visual.conv1.weight", "b.visual.conv1.weight"],
      ["visual.conv1.weight", "visual.trunk.patch_embed.proj.weight", "visual.trunk.blocks.0.norm1.weight"],
    ] {
      let error = refusal(names)
      #expect(error?.message.contains("2 image encoders, with '\(names[0])', '\(names[1])'") == true)
    }
  }

  @Test func namesAPartOfAHuggingFaceModel() {
    let error = refusal(["text_model.encoder.layers.0.mlp.fc1.weight"])
    #expect(error?.kind == .missingTensor)
    #expect(error?.message.contains("model.safetensors.index.json") == true)
  }

  @Test func refusesAPrefixThatMaySaySomething() {
    #expect(refusal(["teacher.visual.conv1.weight"])?.message.contains("'teacher.'") == true)
  }

  @Test func marksStandForWholeParts() throws {
    // Not "logit_bias", though it ends like it.
    #expect(try Layout(["visual.conv1.weight", "my_logit_bias"]).family == .clip)
  }
}
