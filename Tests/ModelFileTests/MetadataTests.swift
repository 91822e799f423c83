import Numerics
import Testing
import Weights

@testable import Model
@testable import ModelFile

/// What a file may say about itself, and how each wrong word is answered: by an error with its key.
struct MetadataTests {
  private func read(_ entries: KeyValuePairs<String, String>) throws -> ModelMetadata {
    try ModelMetadata(
      [("actionclip.format", "1")] + entries.map { ("actionclip." + $0.key, $0.value) })
  }

  private func refusal(_ entries: [(key: String, value: String)]) -> WeightsError? {
    do throws(WeightsError) {
      _ = try ModelMetadata(entries)
      return nil
    } catch { return error }
  }

  @Test func everythingIsRead() throws {
    let metadata = try read([
      "joint": "off", "temporal_shift": "on", "head": "Transf", "frames": "16", "image_size": "224",
      "templates": #"["{}", "a clip of {}"]"#, "labels": #" [ "yoga","\u00e9t\u00e9" ] "#,
      "merges": "#version\n", "license": "MIT", "description": "Two\nlines",
    ])
    #expect(
      metadata.declared
        == DeclaredOptions(joint: false, temporalShift: true, head: .transf, frames: 16))
    #expect(metadata.templates == ["{}", "a clip of {}"])
    #expect(metadata.labels == ["yoga", "été"])
    #expect(metadata.merges == "#version\n")
    #expect(metadata.note("license") == "MIT" && metadata.note("description") == "Two\nlines")
    #expect(metadata.note("source") == nil)
  }

  @Test func asManyNotesAsAFileHasKeysAreReadAtOnce() throws {
    let names = (0..<65_536).map { String($0 + 100_000) }
    let metadata = try ModelMetadata(
      [("actionclip.format", "1")] + names.reversed().map { ("actionclip." + $0, "note " + $0) })
    #expect(metadata.notes.map(\.key) == names)
    #expect(metadata.note("100007") == "note 100007")
  }

  @Test func otherPeoplesKeysSayNothing() throws {
    let metadata = try ModelMetadata([("format", "pt"), ("actionclipper.head", "?")])
    #expect(metadata.declared == DeclaredOptions() && metadata.notes.isEmpty)
  }

  @Test(arguments: [
    ("joint", "yes"), ("joint", ""), ("temporal_shift", "On"), ("head", "transf"), ("head", ""),
    ("frames", "0"), ("frames", "-8"), ("frames", "8.0"), ("frames", "08"), ("frames", "1025"),
    ("frames", "99999999999999999999"), ("frames", ""), ("frames", "٨"),
    ("image_size", "large"), ("patch_size", ""), ("vision_width", "+768"), ("vision_layers", " 12"),
    ("vision_heads", "0"), ("embedding_size", "2147483648"), ("text_width", "0x200"),
    ("text_layers", "1e1"), ("text_heads", "8 "), ("context_length", "77\n"), ("vocabulary_size", "V"),
    ("templates", "a clip of {}"), ("templates", "[]"), ("templates", #"["no place"]"#),
    ("templates", #"["{} and {}"]"#), ("templates", #"[["{}"]]"#), ("templates", #"["{}",]"#),
    ("templates", #"["{}\u0000"]"#), ("templates", #"["{}"] more"#),
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

  @Test func theFormatsNumberIsAskedFor() {
    #expect(refusal([("actionclip.head", "LSTM")])?.message.contains("'actionclip.format'") == true)
    let newer = refusal([("actionclip.format", "2"), ("actionclip.head", "?")])
    #expect(newer?.kind == .unsupported && newer?.message.contains("'actionclip.format'") == true)
  }

  @Test func tooManyLabelsAreALimit() {
    let labels = JSONStrings.text(of: Array(repeating: "a", count: ModelMetadata.maximumTexts + 1))
    let error = refusal([("actionclip.format", "1"), ("actionclip.labels", labels)])
    #expect(error?.kind == .limit && error?.message.contains("'actionclip.labels'") == true)
  }

  @Test func everySizeIsHeldAgainstTheTensors() throws {
    var c = Configuration()
    (c.imageSize, c.patchSize, c.visionWidth, c.visionLayers) = (224, 16, 768, 12)
    (c.embeddingSize, c.textWidth, c.textLayers, c.contextLength, c.vocabularySize) = (512, 512, 9, 77, 49408)
    for (key, of) in ModelMetadata.sizes {
      let size = of(c)
      try read([key: "\(size)"]).check(c)
      let wrong = try read([key: "\(size + 1)"])
      #expect {
        try wrong.check(c)
      } throws: {
        ($0 as? WeightsError)?.message.contains("'actionclip.\(key)'") == true
      }
    }
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    var c = Configuration()
    (c.imageSize, c.patchSize, c.frames, c.head, c.temporalShift) = (224, 16, 5, .lstm, true)
    (c.visionWidth, c.visionLayers, c.embeddingSize) = (64, 1, 64)
    (c.textWidth, c.textLayers, c.contextLength, c.vocabularySize) = (64, 1, 77, 600)
    var metadata = ModelMetadata()
    metadata.labels = ["a \"quoted\" \\ label", "tab\t, line\n, é 😀"]
    metadata.templates = ["{}"]
    metadata.merges = "#version: 0.2\na b\n"
    metadata.setNote("source", "here")
    metadata.setNote("description", "d")
    metadata.setNote("source", "")
    let again = try ModelMetadata(metadata.entries(for: c, compute: .int8))
    try again.check(c)
    #expect(
      again.declared
        == DeclaredOptions(joint: false, temporalShift: true, head: .lstm, frames: 5, precision: .int8))
    #expect(again.labels == metadata.labels && again.templates == metadata.templates)
    #expect(again.merges == metadata.merges && again.notes.map(\.key) == ["description"])
  }
}
