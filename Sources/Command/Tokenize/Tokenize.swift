import ArgumentParser
import CActionCLIP

struct Tokenize: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize",
    abstract: "Turn texts into token ids.",
    discussion: """
      Reads JSON strings from standard input, one on each line, and writes an array of ids for each \
      as soon as it is made. With --model, and without --tokenizer by the default model, the ids are \
      those the model's text encoder is given: its vocabulary, and an error for a text longer than its \
      context.
      """)

  @Option(
    help: ArgumentHelp(
      "CLIP's BPE merge list (.txt, .txt.gz) or tokenizer.json, or SigLIP's spiece.model.", valueName: "path")
  )
  var tokenizer: FilePath?

  @Option(
    help: ArgumentHelp(
      "A model, for its vocabulary (default: the default model, unless --tokenizer is given).",
      valueName: "path"))
  var model: FilePath?

  @Option(
    help: ArgumentHelp("A JSON string instead of standard input; repeat it for more.", valueName: "json"))
  var text: [String] = []

  @Flag(help: "Put the ids of start-of-text and end-of-text around each text.")
  var markers = false

  @Flag(help: "With a model: cut a text that is too long instead of failing.")
  var truncate = false

  func validate() throws {
    if truncate && tokenizer != nil && model == nil {
      throw ValidationError("--truncate needs --model: a tokenizer has no context.")
    }
  }

  func run() throws {
    let encoder = try TextEncoder(tokenizer: tokenizer, model: model, markers: markers, truncate: truncate)
    let output = Output()
    if !text.isEmpty {
      for (index, json) in text.enumerated() {
        try output.line(ids(Arguments.bytes(json)[...], "--text \(index + 1)", encoder))
      }
      return
    }
    var lines = InputLines()
    var number = 0
    while let line = try lines.next() {
      number += 1
      try output.line(ids(line, "line \(number)", encoder))
    }
  }

  /// The line of ids for a text. It is built whole, so that a failure writes nothing of it.
  private func ids(_ json: ArraySlice<UInt8>, _ place: String, _ encoder: TextEncoder) throws -> String {
    do {
      return "[" + (try encoder.encode(JSONString.parse(json)).map(String.init)).joined(separator: ",") + "]"
    } catch let error as JSONString.Invalid {
      throw CommandError("\(place): not a JSON string: \(error.reason)")
    } catch let error as AlreadyReported {
      throw error
    } catch {
      throw CommandError("\(place): \(explanation(of: error))")
    }
  }
}

/// Encodes text to ids by a tokenizer alone, or as a model gets them.
private final class TextEncoder {
  private enum Source {
    case tokenizer(Tokenizer, start: [Int32], end: [Int32])
    /// `hasMarkers`: rows are CLIP's, a start marker, ids, an end marker, and zeros.
    case model(Model, tooLong: Int32, hasMarkers: Bool)
  }
  private let source: Source
  private let markers: Bool

  init(tokenizer: FilePath?, model: FilePath?, markers: Bool, truncate: Bool) throws {
    self.markers = markers
    if let tokenizer, model == nil {
      let loaded = try Tokenizer(path: tokenizer)
      // The texts of the vocabulary's last two entries, CLIP's markers.
      let start = Array(try loaded.encode(Array("<|startoftext|>".utf8)))
      guard start.count == 1 || !markers else {
        throw CommandError(
          "\(tokenizer.shown): the tokenizer has no markers of CLIP's; take --model for whole rows")
      }
      source = .tokenizer(loaded, start: start, end: Array(try loaded.encode(Array("<|endoftext|>".utf8))))
    } else {
      let tooLong = Int32(truncate ? ACTIONCLIP_TEXT_TRUNCATE : ACTIONCLIP_TEXT_TOO_LONG_IS_ERROR)
      let model = try Model(path: model, tokenizer: tokenizer)
      // CLIP's row of no text is its two markers, the vocabulary's last two ids. No other tokenizer's is: SigLIP's and
      // CLIPA's rows have a mark of one kind alone, and padding.
      let empty = try TextEncoder.row(of: [], model, tooLong)
      let vocabulary = model.info.vocabulary_size
      let hasMarkers = empty.starts(with: [vocabulary - 2, vocabulary - 1])
      source = .model(model, tooLong: tooLong, hasMarkers: hasMarkers)
    }
  }

  func encode(_ text: [UInt8]) throws -> ArraySlice<Int32> {
    switch source {
    case .tokenizer(let tokenizer, let start, let end):
      let ids = try tokenizer.encode(text)
      return markers ? (start + ids + end)[...] : ids
    case .model(let model, let tooLong, let hasMarkers):
      guard !text.contains(0) else {
        throw CommandError("a model's prompts cannot hold U+0000; use --tokenizer without --model")
      }
      let row = try TextEncoder.row(of: text, model, tooLong)
      // All tokens of a row count in a SigLIP and a CLIPA, padding too.
      guard hasMarkers else { return row[...] }
      // The end marker is never 0, padding always is.
      guard let end = row.lastIndex(where: { $0 != 0 }), end > 0 else {
        throw CommandError("the library gave a row without markers")
      }
      return markers ? row[...end] : row[1..<end]
    }
  }

  /// The row of ids that a model's text encoder is given for a text.
  private static func row(of text: [UInt8], _ model: Model, _ tooLong: Int32) throws -> [Int32] {
    var row = [Int32](repeating: 0, count: model.contextLength)
    try withCStrings([String(decoding: text, as: UTF8.self)]) { texts in
      try check(actionclip_tokenize(model.handle, texts, 1, tooLong, &row, model.contextLength))
    }
    return row
  }
}
