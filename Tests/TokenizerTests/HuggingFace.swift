import Foundation
import Text

import System
@testable import Tokenizer

/// The tiny merge list as a tokenizer.json of Hugging Face, with settings that tests change.
struct HuggingFace {
  var added = [
    #"{"id":632,"content":"<|startoftext|>","single_word":false,"special":true}"#,
    #"{"id":633,"content":"<|endoftext|>","normalized":false}"#,
  ]
  var normalizer = #"""
    {"type":"Sequence","normalizers":[{"type":"NFC"},
    {"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "},{"type":"Lowercase"}]}
    """#
  var preTokenizer = #"""
    {"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":
    "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"},
    "behavior":"Removed","invert":true},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true}]}
    """#
  /// The settings in the section "model" as JSON, each with a comma.
  var settings = #""type":"BPE","dropout":null,"unk_token":"<|endoftext|>","#
  var prefix = #""continuing_subword_prefix":"","#
  var suffix = #""end_of_word_suffix":"</w>","#
  var tokens: [(token: String, id: Int)]
  var merges: [String]
  /// Whether merges are written as pairs ["a", "b"], as in newer files.
  var inPairs = false
  var modelFirst = false

  init() throws {
    let lines = try String(contentsOfFile: Tiny.path, encoding: .utf8).split(separator: "\n").dropFirst()
    merges = lines.map(String.init)
    let bytes = (0..<512).map { String(decoding: ByteAlphabet.spelling(of: $0), as: UTF8.self) }
    let all = bytes + merges.map { $0.replacing(" ", with: "") } + ["<|startoftext|>", "<|endoftext|>"]
    tokens = all.enumerated().map { ($1, $0) }
  }

  static func quote(_ text: String) -> String {
    var bytes = GrowingArray<UInt8>()
    try? JSONStrings.append(text.utf8, to: &bytes)
    return String(decoding: bytes.view, as: UTF8.self)
  }

  var vocabulary: String {
    "{" + tokens.map { "\(Self.quote($0.token)):\($0.id)" }.joined(separator: ",\n") + "}"
  }

  var text: String {
    let list = merges.map { merge in
      guard inPairs else { return Self.quote(merge) }
      return "[" + merge.split(separator: " ").map { Self.quote(String($0)) }.joined(separator: ",") + "]"
    }
    let model =
      "\"model\":{" + settings + prefix + suffix + "\"vocab\":\(vocabulary),"
      + "\"merges\":[\(list.joined(separator: ","))]}"
    let rest = [
      #""version":"1.0","truncation":null"#, "\"added_tokens\":[\(added.joined(separator: ","))]",
      "\"normalizer\":\(normalizer)", "\"pre_tokenizer\":\(preTokenizer)",
      #""post_processor":{"type":"RobertaProcessing","sep":["<|endoftext|>",633]}"#,
    ]
    return "{" + (modelFirst ? [model] + rest : rest + [model]).joined(separator: ", ") + "}\n"
  }

  mutating func replace(_ token: String, with other: String) {
    for index in tokens.indices where tokens[index].token == token { tokens[index].token = other }
  }
}

/// A temporary folder for a test's files, which is removed afterwards.
func withFolder(_ files: [String: String], _ body: (String) throws -> Void) throws {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tokenizer-\(UUID())")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  for (name, text) in files {
    try Data(text.utf8).write(to: folder.appendingPathComponent(name))
  }
  try body(folder.path)
}
