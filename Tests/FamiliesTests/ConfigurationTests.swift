import System
import Testing
import Text
import Weights

@testable import Families

@Suite struct ConfigurationTests {
  private func huggingFace(_ text: String) throws -> HuggingFaceConfiguration {
    try Array(text.utf8).withUnsafeBytes { try HuggingFaceConfiguration($0) }
  }

  private func openCLIP(_ text: String) throws -> OpenCLIPConfiguration {
    try Array(text.utf8).withUnsafeBytes { try OpenCLIPConfiguration($0) }
  }

  private func refusal(_ body: () throws -> Void) -> Failure? {
    #expect(throws: Failure.self, performing: body)
  }

  @Test func takesDefaultsForWhatIsLeftOut() throws {
    let configuration = try huggingFace(#"{"model_type":"clip"}"#)
    #expect(configuration.traits.activation == .quickGELU)
    #expect(configuration.traits.epsilon == 1e-5)
    #expect(configuration.traits.textHeads == 8)
    #expect(configuration.traits.visionHeads == 12)
    #expect(configuration.endsOfText == [49_407])
  }

  @Test func readsBothTowers() throws {
    let configuration = try huggingFace(
      #"""
      {"model_type":"clip","torch_dtype":"float32","logit_scale_init_value":2.6592,"text_config":{"hidden_act":"gelu",
      "num_attention_heads":16,"layer_norm_eps":1e-06,"eos_token_id":2,"id2label":{"0":"A"}},
      "vision_config":{"hidden_act":"gelu","num_attention_heads":20,"layer_norm_eps":0.000001,"dropout":0.0}}
      """#)
    #expect(configuration.traits.activation == .gelu)
    #expect(configuration.traits.epsilon == 1e-6)
    #expect(configuration.traits.textHeads == 16)
    #expect(configuration.traits.visionHeads == 20)
    #expect(configuration.endsOfText == [2])
  }

  @Test func theDictionaryHasTheLastWord() throws {
    let configuration = try huggingFace(
      #"""
      {"model_type":"clip","text_config":{"hidden_act":"gelu"},"text_config_dict":{"hidden_act":"quick_gelu"},
      "vision_config_dict":null}
      """#)
    #expect(configuration.traits.activation == .quickGELU)
  }

  @Test(arguments: [
    (#"{"model_type":"siglip"}"#, "'siglip'"),
    (#"{}"#, "'model_type' is missing"),
    (#"{"model_type":"clip","text_config":{"hidden_act":"gelu"}}"#, "'hidden_act' is not the same"),
    (
      #"{"model_type":"clip","text_config":{"hidden_act":"silu"},"vision_config":{"hidden_act":"silu"}}"#,
      "'silu'"
    ),
    (
      #"{"model_type":"clip","text_config":{"num_attention_heads":"8"}}"#,
      "'text_config': 'num_attention_heads'"
    ),
    (#"{"model_type":"clip""#, "a comma or the end"),
    (#"{"model_type":"clip"} x"#, "bytes follow"),
    (#"[]"#, "an object is expected"),
  ])
  func refusesOtherConfigurations(_ text: String, _ what: String) {
    #expect(refusal { _ = try huggingFace(text) }?.message.contains(what) == true)
  }

  @Test func theEndOfTextIsTheLastId() throws {
    try huggingFace(#"{"model_type":"clip","text_config":{"eos_token_id":519}}"#).check(vocabulary: 520)
    try huggingFace(#"{"model_type":"clip","text_config":{"eos_token_id":2}}"#).check(vocabulary: 520)
    let other = try huggingFace(#"{"model_type":"clip","text_config":{"eos_token_id":7}}"#)
    #expect(refusal { try other.check(vocabulary: 520) }?.message.contains("'eos_token_id' is 7") == true)
  }

  // MARK: - open_clip

  @Test func readsOpenCLIPs() throws {
    let configuration = try openCLIP(
      #"""
      {"model_cfg":{"embed_dim":1024,"vision_cfg":{"image_size":224,"layers":32,"width":1280,"head_width":80,
      "patch_size":14,"timm_model_name":null,"attentional_pool":false},"text_cfg":{"context_length":77,"heads":16}},
      "preprocess_cfg":{"mean":[0.5,0.5,0.25],"std":[0.5,0.5,1],"interpolation":"bicubic"}}
      """#)
    #expect(configuration.traits.activation == .gelu)
    #expect(configuration.traits.visionHeads == 16)
    #expect(configuration.traits.textHeads == 16)
    #expect(configuration.traits.mean == [0.5, 0.5, 0.25])
    #expect(configuration.traits.std == [0.5, 0.5, 1])
    #expect(try openCLIP(#"{"model_cfg":{"quick_gelu":true}}"#).traits.activation == .quickGELU)
  }

  @Test(arguments: [
    (#"{}"#, "'model_cfg' is missing"),
    (#"{"model_cfg":{"vision_cfg":{"timm_model_name":"vit"}}}"#, "'vision_cfg': 'timm_model_name'"),
    (#"{"model_cfg":{"vision_cfg":{"pool_type":"none"}}}"#, "'none', expected 'tok' or 'avg'"),
    (#"{"model_cfg":{"vision_cfg":{"pool_type":"avg"}}}"#, "'avg' without 'final_ln_after_pool'"),
    (#"{"model_cfg":{"vision_cfg":{"width":100,"head_width":64}}}"#, "a width of 100 in heads of 64"),
    (#"{"model_cfg":{"vision_cfg":{"head_width":0}}}"#, "in heads of 0"),
    (
      #"{"model_cfg":{"text_cfg":{"pool_type":"last"}}}"#,
      "'no_causal_mask' is false with the 'pool_type' 'last'"
    ),
    (#"{"model_cfg":{"text_cfg":{"hf_tokenizer_name":"bert-base-uncased"}}}"#, "'hf_tokenizer_name'"),
    (#"{"model_cfg":{"text_cfg":{"tokenizer_kwargs":{"language":"en"}}}}"#, "'language'"),
    (#"{"model_cfg":{},"preprocess_cfg":{"interpolation":"nearest"}}"#, "'nearest'"),
    (#"{"model_cfg":{},"preprocess_cfg":{"resize_mode":"longest"}}"#, "'longest'"),
    (#"{"preprocess_cfg":{"mean":[1,2]}}"#, "2 numbers"),
  ])
  func refusesOtherNetworks(_ text: String, _ what: String) {
    #expect(refusal { _ = try openCLIP(text) }?.message.contains(what) == true)
  }

  @Test(
    arguments: [
      ("ViT-B-16", FamilyTraits.Activation.gelu, 12), ("ViT-B-16-quickgelu", .quickGELU, 12),
      ("ViT-B-32/openai", .quickGELU, 12), ("ViT-B-32/laion2b_s34b_b79k", .gelu, 12),
      ("ViT-B-32/laion400m_e32", .quickGELU, 12), ("ViT-B-16/laion400m_e32", .gelu, 12),
      ("ViT-L-14/dfn2b", .quickGELU, 16), ("ViT-L-14/dfn2b_s39b", .gelu, 16),
      ("ViT-H-14/laion2b_s32b_b79k", .gelu, 16), ("ViT-H-14-quickgelu", .quickGELU, 16),
      ("ViT-B-32/laion400m-e32", .quickGELU, 12), ("ViT-L-14/OpenAI", .quickGELU, 16),
      ("ViT-S-16-alt", .gelu, 6),
    ] as [(String, FamilyTraits.Activation, Int)])
  func knowsModelsByTheirNames(_ name: String, _ activation: FamilyTraits.Activation, _ heads: Int) throws {
    let traits = try OpenCLIPNames.traits(name)
    #expect(traits.activation == activation)
    #expect(traits.visionHeads == heads)
  }

  @Test func knowsImageEncodersOfTimms() throws {
    func traits(_ name: String, _ pool: String) throws -> FamilyTraits {
      let vision = #""timm_model_name":"\#(name)","timm_pool":"\#(pool)","timm_proj":null"#
      return try openCLIP(#"{"model_cfg":{"vision_cfg":{\#(vision)}}}"#).traits
    }
    let eva = try traits("eva02_base_patch16_clip_224", "token")
    #expect(eva.rotary == .eva02 && eva.hasNoPreNorm && eva.visionEpsilon == 1e-6 && eva.poolHeads == nil)
    #expect(eva.visionHeads == nil && eva.activation == .gelu)
    let pe = try traits("vit_pe_core_tiny_patch16_384", "map")
    #expect(pe.rotary == .pe && !pe.hasNoPreNorm && pe.visionEpsilon == nil && pe.poolHeads == 8)
    let large = try traits("vit_pe_core_gigantic_patch14_448", "map")
    #expect(large.rotary == .peFromZero && large.visionHeads == 16)
    let stem = try traits("vit_base_mci_224", "token")
    #expect(stem.hasStem && stem.hasNoPreNorm && stem.visionEpsilon == 1e-6 && stem.rotary == nil)
    #expect(!eva.hasStem && !pe.hasStem)
    let plain = try traits("vit_large_patch14_clip_224", "token")
    #expect(plain.rotary == nil && plain.poolHeads == nil)
    #expect(!plain.hasNoPreNorm && plain.visionEpsilon == nil)
    #expect(
      refusal { _ = try traits("vit_pe_core_tiny_patch16_384", "token") }?.message.contains("'map'") == true)
    #expect(
      refusal { _ = try traits("vit_pe_lang_large_patch14_448", "map") }?.message.contains("timm") == true)
  }

  @Test func readsCLIPAs() throws {
    let traits = try openCLIP(
      #"""
      {"model_cfg":{"embed_dim":768,"vision_cfg":{"image_size":224,"layers":24,"width":1024,"patch_size":14,
      "no_ln_pre":true,"pool_type":"avg","final_ln_after_pool":true,"pos_embed_type":"sin_cos_2d"},
      "text_cfg":{"context_length":32,"vocab_size":32000,"hf_tokenizer_name":"google-bert/bert-base-uncased",
      "tokenizer_kwargs":{"strip_sep_token":true},"pool_type":"last","no_causal_mask":true}},
      "preprocess_cfg":{"size":224,"mode":"RGB","mean":[0.485,0.456,0.406],"std":[0.229,0.224,0.225],
      "interpolation":"bilinear","resize_mode":"squash"}}
      """#
    ).traits
    #expect(traits.poolsPatches && traits.hasNoPreNorm && traits.textsAreWhole && traits.hasWordPieces)
    #expect(!traits.textsEndAtMark)
    let whole = try openCLIP(#"{"model_cfg":{"text_cfg":{"no_causal_mask":true}}}"#).traits
    #expect(whole.textsAreWhole && whole.textsEndAtMark && !whole.hasWordPieces)
    #expect(traits.squashes && traits.filter == .bilinear)
    let named = try OpenCLIPNames.traits("ViT-L-14-CLIPA-336/datacomp1b")
    #expect(named.poolsPatches && named.hasNoPreNorm && named.textsAreWhole && named.hasWordPieces)
    #expect(
      named.squashes && named.filter == .bilinear && named.mean == [0.485, 0.456, 0.406]
        && named.activation == .gelu)
    let usual = try openCLIP(#"{"model_cfg":{},"preprocess_cfg":{"resize_mode":"squash"}}"#).traits
    #expect(!usual.poolsPatches && !usual.hasNoPreNorm && !usual.textsAreWhole && !usual.hasWordPieces)
    #expect(usual.squashes && usual.filter != .bilinear)
    let shortest = try openCLIP(#"{"model_cfg":{},"preprocess_cfg":{"interpolation":"bilinear"}}"#).traits
    #expect(!shortest.squashes && shortest.filter == .bilinear)
  }

  @Test func timmsEncodersHaveNoQuickGELU() {
    let vision = #""timm_model_name":"vit_base_mci_224","timm_pool":"token","timm_proj":null"#
    let error = refusal { _ = try openCLIP(#"{"model_cfg":{"quick_gelu":true,"vision_cfg":{\#(vision)}}}"#) }
    #expect(error?.message.contains("'quick_gelu'") == true)
  }

  /// open_clip's pretrained.py: resize_mode "squash", interpolation "bicubic", and OpenAI's mean and std.
  @Test(arguments: ["ViT-H-14/dfn5b", "ViT-H-14-quickgelu/DFN5B", "ViT-H-14-378-quickgelu/dfn5b"])
  func squashesThePicturesOfDFN5B(_ name: String) throws {
    let traits = try OpenCLIPNames.traits(name)
    #expect(traits.squashes && traits.filter != .bilinear && traits.mean == nil && traits.std == nil)
    #expect(traits.activation == .quickGELU && traits.visionHeads == 16 && !traits.poolsPatches)
    #expect(try !OpenCLIPNames.traits("ViT-L-14/dfn2b").squashes)
  }

  @Test func refusesTagsItDoesNotKnow() throws {
    #expect(
      refusal { _ = try OpenCLIPNames.traits("ViT-B-32/mine") }?.message.contains("'mine' is not known")
        == true)
    let traits = try OpenCLIPNames.traits("ViT-H-14/mine", isActivationKnown: true)
    #expect(traits.activation == nil && traits.visionHeads == 16)
  }

  @Test(arguments: ["", "ViT", "RN50", "ViT-B-16-SigLIP", "ViT-L-14-CLIPA-384", "-quickgelu", "ViT-B-16 "])
  func refusesNamesItDoesNotKnow(_ name: String) {
    #expect(refusal { _ = try OpenCLIPNames.traits(name) }?.message.contains("known are ViT-B-16, ") == true)
  }
}
