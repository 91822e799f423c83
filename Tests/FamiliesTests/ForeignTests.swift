import System
import Testing
import Text
import Weights

@testable import Families

@Suite struct ForeignTests {
  @Test(arguments: [
    (
      #"{"model_type":"groupvit","architectures":["GroupViTModel"]}"#,
      "(GroupViTModel), expected 'clip', 'xclip' or 'siglip': this is GroupViT"
    ),
    (#"{"model_type":"videomae"}"#, "VideoMAE, which tells the classes apart"),
    (#"{"model_type":"mine"}"#, "'mine', expected 'clip', 'xclip' or 'siglip': this is another architecture"),
    (#"{"model_type":"clip_text_model"}"#, "the text encoder of a CLIP alone"),
    (
      #"{"model_type":"clip","architectures":["CLIPForImageClassification"]}"#,
      "a CLIPForImageClassification, the image encoder of a CLIP with a classifier"
    ),
  ])
  func namesWhatIsNoCLIP(_ text: String, _ what: String) {
    let error = #expect(throws: Failure.self) {
      try Array(text.utf8).withUnsafeBytes { try ForeignModels.check($0) }
    }
    #expect(error?.message.contains(what) == true, "\(error?.message ?? "")")
    #expect(error?.message.contains("openai/clip-vit-base-patch16") == true)
  }

  @Test(arguments: [
    #"{"model_type":"clip","architectures":["CLIPModel"]}"#, #"{"architecture":"vit_base_patch16_224"}"#,
    #"{"model_type":null,"architectures":null}"#,
  ])
  func leavesTheRestToItsReaders(_ text: String) throws {
    try Array(text.utf8).withUnsafeBytes { try ForeignModels.check($0) }
  }

  @Test(
    arguments: [
      ("MODEL:\n  TEMPORAL_MODELING_TYPE: expand_temporal_view\n  T: 8\n", "expand_temporal_view", true, 1),
      ("{TEMPORAL_MODELING_TYPE: 'expand_temporal_view_step3'}", "expand_temporal_view_step3", true, 3),
      ("{TEMPORAL_MODELING_TYPE: 'channel_shift', B: 1}", "channel_shift", true, nil),
      ("TEMPORAL_MODELING_TYPE: null\n", nil, true, nil), ("'TEMPORAL_MODELING_TYPE': ''", nil, true, nil),
      ("A: 1\n", nil, false, nil), ("", nil, false, nil),
      ("MY_TEMPORAL_MODELING_TYPE: channel_shift", nil, false, nil),
      ("TEMPORAL_MODELING_TYPE", nil, false, nil),
    ] as [(String, String?, Bool, Int?)])
  func readsHowFramesSeeEachOther(_ text: String, _ type: String?, _ isKnown: Bool, _ view: Int?) throws {
    let settings = OpenVCLIPSettings(Array(text.utf8))
    #expect(settings.isKnown == isKnown)
    #expect(settings.temporalModeling.map { String(decoding: $0, as: UTF8.self) } == type)
    if let type, view == nil {
      let error = #expect(throws: Failure.self) { try settings.view() }
      #expect(error?.message.contains("'\(type)'") == true)
    } else {
      #expect(try settings.view() == view)
    }
  }

  @Test(
    arguments: [
      ("DATA:\n  NUM_FRAMES: 16\n", 16), ("NUM_FRAMES: x", nil), ("NUM_FRAMES: 99999999999", nil), ("", nil),
    ] as [(String, Int?)])
  func readsHowManyFrames(_ text: String, _ frames: Int?) {
    #expect(OpenVCLIPSettings(Array(text.utf8)).frames == frames)
  }

  @Test func aDictOfSlowFastsNameIsOpenVCLIPs() throws {
    let names = ["model.visual.conv1.weight"]
    #expect(try Layout(names, sections: ["model_state"]).family == .openVCLIP)
    #expect(try Layout(names, sections: ["state_dict"]).family == .clip)
    #expect(try Layout(["visual.conv1.weight"], sections: ["model_state"]).family == .clip)
  }

  @Test func countersAreNoParameters() throws {
    let shapes: [(name: String, shape: [Int])] = [
      ("n_averaged", []), ("steps", [1]), ("logit_scale", []), ("context_length", []), ("a.b", [1]),
      ("visual.conv1.weight", [1, 3, 1, 1]),
    ]
    let whole = try FakeTensors(shapes, type: .i64)
    #expect(
      try RenamedTensors(whole, Layout(whole.names)).names
        == ["a.b", "context_length", "logit_scale", "visual.conv1.weight"])
    let floating = try FakeTensors(shapes)
    #expect(try RenamedTensors(floating, Layout(floating.names)).names.count == shapes.count)
  }

  @Test func statedSizesAreHeldAgainstTensors() throws {
    let tensors = try FakeTensors([
      ("visual.conv1.weight", [64, 3, 16, 16]), ("visual.positional_embedding", [10, 64]),
      ("visual.transformer.resblocks.0.net.ln_1.weight", [64]), ("token_embedding.weight", [40, 64]),
      ("visual.transformer.resblocks.1.net.ln_1.weight", [64]),
    ])
    func check(_ size: StatedSizes.Size, _ value: Int) throws {
      var sizes = StatedSizes()
      sizes.add(size, value, "somebody says")
      try sizes.check(tensors)
    }
    try check(.imageSize, 48)
    try check(.visionLayers, 2)
    try check(.vocabularySize, 40)
    try check(.textLayers, 9)  // not told by these tensors
    for (size, value) in [
      (StatedSizes.Size.imageSize, 60), (.visionLayers, 1), (.patchSize, 32), (.textWidth, 8),
    ] {
      let error = #expect(throws: Failure.self) { try check(size, value) }
      #expect(error?.message.contains("somebody says \(value), but ") == true)
    }
  }

  @Test(
    arguments: [
      ("fc.weight", "module.fc.weight", "outside of the encoders", "startswith('module.fc.')"),
      ("head", "head", "outside of the encoders", "startswith('head')"),
      ("visual.transformer.resblocks.0.Adapter.w", "x", "of an adapter", nil),
      ("visual.transformer.resblocks.0.temporal_fc.w", "x", "of a step between the frames", nil),
      ("visual.anything", "x", "of a part that CLIP's encoders have not", nil),
      ("it's", "it's", "outside of the encoders", nil),
    ] as [(String, String, String, String?)])
  func saysWhatAnUnknownTensorIs(_ name: String, _ source: String, _ what: String, _ line: String?) {
    let text = UnknownTensors.describe(name, source: source, .safetensors, container: nil)
    #expect(text.contains(what), "\(text)")
    #expect(line.map { text.contains($0) } ?? !text.contains("import"), "\(text)")
  }
}
