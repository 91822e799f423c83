import CActionCLIP
import FoundationEssentials
import Glibc

/// A folder with a checkpoint, inputs, and the reference's outputs for them.
struct ParityPack {
  /// The contents of `case.json`, under the reference's names.
  private struct Case: Decodable {
    let T: Int32
    let head: String
    let joint: Bool
    let tsm: Bool
    let videos: Int
    let templates: Int
    let classes: Int
  }

  let directory: FilePath

  func run(threads: Int32?) throws -> [Comparison] {
    try requireFolder()
    if try isOfTraining() { return try TrainingParity.run(directory, threads: threads) }
    let options = try readCase()
    guard let head = Head(name: options.head) else {
      throw CommandError("\(directory.file("case.json").shown): there is no head \(options.head)")
    }
    var chosen = Model.defaultOptions
    chosen.frames = options.T
    chosen.head = head.code
    chosen.temporal_shift = Switch(options.tsm).code
    chosen.joint = Switch(options.joint).code
    if let threads { chosen.threads = threads }
    let model = try Model(path: directory.file("checkpoint.pt"), options: chosen)
    let inputs = try Safetensors(path: directory.file("inputs.safetensors"))
    let expected = try Safetensors(path: directory.file("expected.safetensors"))

    let (videos, texts) = (options.videos, options.templates * options.classes)
    let (side, width) = (Int(model.info.image_size), model.embeddingSize)
    let frameRows = options.joint ? videos : videos * model.frames

    let encoded = try model.encode(
      pixels: inputs.floats("pixels", shape: [videos * model.frames, 3, side, side]), videos: videos)
    let text = try model.encode(
      tokens: inputs.integers("tokens", shape: [texts, model.contextLength]), rows: texts)
    let probabilities = try model.probabilities(
      videos: encoded.videos,
      LabelTexts(embeddings: text, templates: options.templates, classes: options.classes), scale: 100)

    func compare(
      _ name: String, _ shape: [Int], _ actual: [Float], _ rule: Comparison.Rule
    ) throws -> Comparison {
      let expected = try expected.floats(name, shape: shape)
      return Comparison(name: name, shape: shape, expected: expected, actual: actual, rule: rule)
    }
    return [
      try compare("frame_features", [frameRows, width], encoded.frames, .features),
      try compare("video_features", [videos, width], encoded.videos, .features),
      try compare("text_features", [texts, width], text, .features),
      try compare("probabilities", [videos, options.classes], probabilities, .probabilities),
    ]
  }

  /// Refuses a file: `packs/*` may match the list of the packs too.
  private func requireFolder() throws(CommandError) {
    var status = stat()
    guard stat(directory.cString, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else { return }
    throw CommandError("\(directory.shown): not a folder; a pack is a folder with a case.json")
  }

  /// Whether the pack has training steps: an optimiser's settings are in its case.json.
  private func isOfTraining() throws -> Bool {
    struct Optimiser: Decodable {}
    struct Training: Decodable { let adamw: Optimiser }
    let bytes = try Files.read(directory.file("case.json"))
    return (try? JSONDecoder().decode(Training.self, from: Data(bytes))) != nil
  }

  private func readCase() throws -> Case {
    let file = directory.file("case.json")
    let bytes = try Files.read(file)
    let path = file.shown
    let options: Case
    do {
      options = try JSONDecoder().decode(Case.self, from: Data(bytes))
    } catch let DecodingError.keyNotFound(key, _) {
      throw CommandError("\(path): \(key.stringValue) is missing")
    } catch let DecodingError.typeMismatch(_, context) {
      throw CommandError("\(path): \(context.codingPath.last?.stringValue ?? "it") has the wrong type")
    } catch {
      throw CommandError("\(path): not a JSON object that describes a pack")
    }
    for (name, size) in [
      ("T", Int(options.T)), ("videos", options.videos), ("templates", options.templates),
      ("classes", options.classes),
    ] where !(1...1_000_000).contains(size) {
      throw CommandError("\(path): \(name) is \(size), expected 1 to 1000000")
    }
    return options
  }
}
