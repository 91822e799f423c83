import System
import Numerics
import Preprocess
import Testing
import Text
import Weights

@testable import Model
@testable import ModelFile

/// The metadata that a file may state, and the errors for wrong values, which name the key.
struct MetadataTests {
  private func read(_ entries: KeyValuePairs<String, String>) throws -> ModelMetadata {
    try ModelMetadata(
      TextPairs([("actionclip.format", "1")] + entries.map { ("actionclip." + $0.key, $0.value) }))
  }

  private func refusal(_ entries: [(key: String, value: String)]) -> Failure? {
    #expect(throws: Failure.self) { try ModelMetadata(TextPairs(entries)) }
  }

  @Test func everythingIsRead() throws {
    let metadata = try read([
      "joint": "off", "temporal_shift": "on", "head": "Transf", "frames": "16", "image_size": "224",
      "activation": "GELU", "epsilon": "0.00001", "head_epsilon": "1E-6",
      "templates": #"["{}", "a clip of {}"]"#, "labels": #" [ "yoga","\u00e9t\u00e9" ] "#,
      "merges": "#version\n", "license": "MIT", "description": "Two\nlines",
    ])
    #expect(
      metadata.declared
        == DeclaredOptions(
          joint: false, temporalShift: .twoSided, head: TemporalHeadKind(name: "Transf"), frames: 16,
          activation: .gelu, epsilon: 1e-5, headEpsilon: 1e-6, imageSize: 224))
    #expect(metadata.templates.strings == ["{}", "a clip of {}"])
    #expect(metadata.labels.strings == ["yoga", "été"])
    #expect(metadata.merges?.strings == ["#version\n"])
    #expect(metadata.notes.keys == ["description", "license"])
    #expect(metadata.notes.values == ["Two\nlines", "MIT"])
    #expect(metadata.note("license") != nil && metadata.note("source") == nil)
  }

  @Test func asManyNotesAsAFileHasKeysAreReadAtOnce() throws {
    let names = (0..<65_536).map { String($0 + 100_000) }
    let metadata = try ModelMetadata(
      TextPairs(
        [("actionclip.format", "1")] + names.reversed().map { ("actionclip." + $0, "note " + $0) }))
    #expect(metadata.notes.keys == names)
    #expect(metadata.note("100007")?.elementsEqual("note 100007".utf8) == true)
  }

  @Test func weightsOfTemplatesAreReadWithThem() throws {
    let metadata = try read(["template_weights": "3 0 1e0", "templates": #"["{}", "a {}", "the {}"]"#])
    #expect(metadata.templateWeights.map { Array($0.view) } == [0.75, 0, 0.25])
    #expect(try read(["templates": #"["{}"]"#]).templateWeights == nil)
    for wrong in ["", "1", "1 2", "1 2 3 4", "1  2 3", "0 0 0", "1 2 -3", "1 2 nan", "1,2,3", "1 2 0x3"] {
      #expect(throws: Failure.self) {
        try read(["template_weights": wrong, "templates": #"["{}", "a {}", "the {}"]"#])
      }
    }
    #expect(throws: Failure.self) { try read(["template_weights": "1"]) }
    #expect(ModelMetadata.problem(ofNoteKey: "template_weights") != nil)
  }

  @Test func otherPeoplesKeysSayNothing() throws {
    let metadata = try ModelMetadata(TextPairs([("format", "pt"), ("actionclipper.head", "?")]))
    #expect(metadata.declared == DeclaredOptions() && metadata.notes.isEmpty)
  }

  @Test(arguments: [
    ("joint", "yes"), ("joint", ""), ("temporal_shift", "On"), ("temporal_shift", "Causal"),
    ("frame_interval_ns", "0"), ("frame_interval_ns", "-1"), ("frame_interval_ns", "086"),
    ("frame_interval_ns", "1e9"), ("frame_interval_ns", "86400000000001"), ("frame_interval_ns", ""),
    ("frame_interval_ns", "99999999999999999999"), ("head", "transf"), ("head", ""),
    ("frames", "0"), ("frames", "-8"), ("frames", "8.0"), ("frames", "08"), ("frames", "1025"),
    ("frames", "99999999999999999999"), ("frames", ""), ("frames", "٨"),
    ("activation", "gelu"), ("activation", "ReLU"), ("activation", ""), ("activation", "GELU "),
    ("epsilon", "0"), ("epsilon", "-1e-5"), ("epsilon", "1e-13"), ("epsilon", "0.011"), ("epsilon", "inf"),
    ("epsilon", "nan"), ("epsilon", ""), ("epsilon", " 1e-5"), ("epsilon", "0x1p-20"), ("epsilon", "1e"),
    ("epsilon", "1e-"), ("epsilon", ".001"), ("epsilon", "1.e-5"), ("epsilon", "00.001"),
    ("epsilon", "1e-5f"),
    ("epsilon", "1e-99999999999999999999"), ("epsilon", "0.0000000000000000000000000000000000000000001e38"),
    ("head_epsilon", "+1e-12"), ("head_epsilon", "1,5e-5"), ("head_epsilon", "small"),
    ("vision_epsilon", "0"), ("rotary", "pe"), ("rotary", ""), ("pool_heads", "0"), ("pool_heads", "8193"),
    ("image_size", "large"), ("patch_size", ""), ("vision_width", "+768"), ("vision_layers", " 12"),
    ("vision_heads", "0"), ("embedding_size", "2147483648"), ("text_width", "0x200"),
    ("text_layers", "1e1"), ("text_heads", "8 "), ("context_length", "77\n"), ("vocabulary_size", "V"),
    ("templates", "a clip of {}"), ("templates", "[]"), ("templates", #"["no place"]"#),
    ("templates", #"["{} and {}"]"#), ("templates", #"[["{}"]]"#), ("templates", #"["{}",]"#),
    ("templates", #"["{}\u0000"]"#), ("templates", #"["{}"] more"#),
    ("resize", "actionclip"), ("resize", ""), ("resize", "2"), ("sampling", "OpenVCLIP"), ("sampling", ""),
    ("short_side", "0"), ("short_side", "256.0"), ("short_side", "65536"), ("short_side", ""),
    ("mean", ""), ("mean", "0.5"), ("mean", "0.5 0.5"), ("mean", "0.5 0.5 0.5 0.5"), ("mean", "0.5  0.5 0.5"),
    ("mean", "0.5, 0.5, 0.5"), ("mean", "[0.5, 0.5, 0.5]"), ("mean", " 0.5 0.5 0.5"),
    ("mean", "0.5 0.5 0.5 "),
    ("mean", "nan 0 0"), ("mean", "0 inf 0"), ("mean", "0 0 1e99"), ("mean", "0x1p-1 0 0"),
    ("mean", ".5 0 0"),
    ("mean", "5. 0 0"), ("mean", "1e 0 0"), ("mean", "+1 0 0"), ("mean", "٨ 0 0"), ("mean", "0,5 0 0"),
    ("mean", "0.000000000000000000000000000000001 0 0"), ("std", "a b c"), ("std", "0 1 1"),
    ("std", "1 -1 1"),
    ("std", "1 1 1e-45"),
    ("labels", "yoga"), ("labels", ""), ("labels", "[]"), ("labels", #"["yoga", ""]"#),
    ("labels", #"["a", 1]"#), ("labels", #"{"a": "b"}"#), ("labels", #"["a""#), ("labels", #"["\ud800"]"#),
    ("labels", #"["a\u0000b"]"#), ("description", "a\0b"), ("merges", "\0"), ("li\0cense", "MIT"),
  ])
  func aDamagedValueIsNamedByItsKey(_ key: String, _ value: String) {
    let error = refusal([("actionclip.format", "1"), ("actionclip." + key, value)])
    #expect(error?.kind == .invalid, "\(error as Any)")
    let shown = key.replacing("\0", with: "?")
    #expect(error?.message.contains("'actionclip.\(shown)'") == true, "\(error as Any)")
  }

  @Test func aPresetIsRead() throws {
    let found = try read([
      "resize": "mmaction2", "short_side": "240", "mean": "0.485 0.456 0.406", "std": "2.29e-1 1 0.225",
      "sampling": "Open-VCLIP",
    ]).preset
    let expected = Preset(
      resize: .mmaction2, shortSide: 240, mean: (0.485, 0.456, 0.406), std: (0.229, 1, 0.225),
      sampling: .openVCLIP)
    #expect(found == expected)
    #expect(try read(["mean": "-1 0 0.5"]).preset == Preset(mean: (-1, 0, 0.5)))
    #expect(try read(["sampling": "ActionCLIP"]).preset == .actionCLIP)
    #expect(try read(["head": "MeanP"]).preset == nil)
  }

  @Test func everyFamilysPresetIsWrittenAndReadAgain() throws {
    var c = Configuration()
    (c.imageSize, c.patchSize, c.frames) = (224, 16, 8)
    (c.visionWidth, c.visionLayers, c.embeddingSize) = (64, 1, 64)
    (c.textWidth, c.textLayers, c.contextLength, c.vocabularySize) = (64, 1, 77, 600)
    (c.visionHeads, c.textHeads) = (1, 2)
    let strange = Preset(
      shortSide: 65535, mean: (1e-7, -0.1, 3), std: (.leastNormalMagnitude.squareRoot(), 1, 7))
    for preset in [.actionCLIP, .clip, .mmaction2, .viFiCLIP, .openVCLIP, strange] as [Preset] {
      var metadata = ModelMetadata()
      (metadata.preset, metadata.templates) = (preset, try TextList(preset.templates))
      let again = try ModelMetadata(metadata.entries(for: c, compute: .fp32))
      try again.check(c)
      var found = try #require(again.preset)
      found.templates = again.templates.strings
      #expect(found == preset)
    }
    #expect(try !ModelMetadata().entries(for: c, compute: .fp32).keys.contains("actionclip.resize"))
  }

  @Test func aShortSideBelowTheInputIsNamed() throws {
    var c = Configuration()
    (c.imageSize, c.patchSize) = (336, 14)
    try read(["short_side": "336"]).check(c)
    let small = try read(["short_side": "335"])
    #expect {
      try small.check(c)
    } throws: {
      ($0 as? Failure)?.message.contains("'actionclip.short_side'") == true
    }
  }

  @Test func theFormatsNumberIsAskedFor() {
    #expect(refusal([("actionclip.head", "LSTM")])?.message.contains("'actionclip.format'") == true)
    let newer = refusal([("actionclip.format", "2"), ("actionclip.head", "?")])
    #expect(newer?.kind == .unsupported && newer?.message.contains("'actionclip.format'") == true)
  }

  @Test func tooManyLabelsAreALimit() {
    let labels =
      "[" + repeatElement("\"a\"", count: ModelMetadata.maximumTexts + 1).joined(separator: ",") + "]"
    let error = refusal([("actionclip.format", "1"), ("actionclip.labels", labels)])
    #expect(error?.kind == .limit && error?.message.contains("'actionclip.labels'") == true)
  }

  @Test func everySizeIsHeldAgainstTheTensors() throws {
    var c = Configuration()
    (c.imageSize, c.patchSize, c.visionWidth, c.visionLayers) = (224, 16, 768, 12)
    (c.embeddingSize, c.textWidth, c.textLayers, c.contextLength, c.vocabularySize) = (512, 512, 9, 77, 49408)
    (c.visionHeads, c.textHeads) = (12, 8)
    // Heads are what the file says: the tensors do not tell.
    for (key, of) in ModelMetadata.sizes where !key.hasSuffix("_heads") {
      let size = of(c)
      try read([key: "\(size)"]).check(c)
      let wrong = try read([key: "\(size + 1)"])
      #expect {
        try wrong.check(c)
      } throws: {
        ($0 as? Failure)?.message.contains("'actionclip.\(key)'") == true
      }
    }
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    var c = Configuration()
    (c.imageSize, c.patchSize, c.frames, c.temporalShift) = (224, 16, 5, .causal)
    c.head = try #require(TemporalHeadKind(name: "LSTM"))
    (c.visionWidth, c.visionLayers, c.embeddingSize) = (64, 1, 64)
    (c.textWidth, c.textLayers, c.contextLength, c.vocabularySize) = (64, 1, 77, 600)
    (c.visionHeads, c.textHeads) = (1, 2)
    (c.activation, c.activationIsAssumed, c.epsilon, c.headEpsilon) = (.gelu, false, 1e-6, 1e-5)
    (c.rotary, c.pooling, c.poolHeads, c.visionEpsilon) = (.peFromZero, .probe, 4, 1e-7)
    var metadata = ModelMetadata()
    metadata.labels = try TextList(["a \"quoted\" \\ label", "tab\t, line\n, é 😀"])
    metadata.templates = try TextList(["{}"])
    metadata.frameIntervalNanoseconds = 86_400_000_000_000
    metadata.merges = try TextList(["#version: 0.2\na b\n"])
    try metadata.setNotes(TextPairs([("source", "here"), ("description", "c"), ("description", "d")]))
    try metadata.setNotes(TextPairs([("source", "")]))
    let again = try ModelMetadata(metadata.entries(for: c, compute: .int8))
    try again.check(c)
    var declared = DeclaredOptions(
      joint: false, temporalShift: .causal, head: TemporalHeadKind(name: "LSTM"), frames: 5,
      precision: .int8, activation: .gelu, epsilon: 1e-6, headEpsilon: 1e-5, visionHeads: 1, textHeads: 2,
      imageSize: 224)
    (declared.rotary, declared.poolHeads, declared.visionEpsilon) = (.peFromZero, 4, 1e-7)
    #expect(again.declared == declared)
    #expect(again.labels.strings == metadata.labels.strings)
    #expect(again.frameIntervalNanoseconds == metadata.frameIntervalNanoseconds)
    #expect(again.templates.strings == metadata.templates.strings)
    #expect(again.merges?.strings == metadata.merges?.strings)
    #expect(again.notes.keys == ["description"] && again.notes.values == ["d"])
  }

  /// Assumed values and defaults are not written.
  @Test func whatIsAssumedOrUsualIsNotWritten() throws {
    let written = try ModelMetadata().entries(for: Configuration(), compute: .fp32).keys
    for key in ["activation", "epsilon", "head_epsilon", "compute", "frame_interval_ns"] {
      #expect(!written.contains("actionclip.\(key)"))
    }
  }

  /// An epsilon is written so that the same float is read.
  @Test(arguments: [Float(1e-12), 1e-5, 0x1.5p-20, Float(1e-2).nextDown, Float(1e-12).nextUp])
  func epsilonsKeepTheirBits(epsilon: Float) throws {
    var c = Configuration()
    (c.epsilon, c.headEpsilon) = (epsilon, epsilon)
    let sizes = Set(ModelMetadata.sizes.map { "actionclip." + $0.key })
    let entries = try ModelMetadata().entries(for: c, compute: .fp32)
    let others = zip(entries.keys, entries.values).filter {
      !sizes.contains($0.0) && $0.0 != "actionclip.frames"
    }
    let again = try ModelMetadata(TextPairs(others.map { ($0.0, $0.1) })).declared
    #expect(again.epsilon ?? Configuration.usualEpsilon == epsilon)
    #expect(again.headEpsilon ?? Configuration.usualHeadEpsilon == epsilon)
  }
}

extension TextPairs {
  convenience init(_ pairs: [(key: String, value: String)]) throws {
    self.init()
    for (key, value) in pairs { try append(key, value) }
  }

  var keys: [String] { (0..<count).map { String(decoding: key($0), as: UTF8.self) } }
  var values: [String] { (0..<count).map { String(decoding: value($0), as: UTF8.self) } }
}

extension TextList {
  var strings: [String] { (0..<count).map { String(decoding: self[$0], as: UTF8.self) } }
}
