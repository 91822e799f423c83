import System
import Text

/// One step of the normalizer or pre-tokenizer in a tokenizer.json: the properties that tell whether it is CLIP's.
struct TextStep {
  private var type = ""
  private var pattern = ""
  private var content = ""
  private var behavior = ""
  private var isInverted = false
  private var addsPrefixSpace = false

  /// The end of CLIP's pattern for words; newer files have the markers before it.
  private static let wordPattern = #"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"#
  private static let maximumSteps = 16

  /// Checks that a normalizer is CLIP's: NFC, each run of white space replaced by one space, lower case.
  static func checkNormalizer(_ json: inout JSONReader) throws(Failure) {
    let steps = try read(&json, list: "normalizers")
    for step in steps {
      switch step.type {
      case "NFC", "Lowercase": break
      case "Replace":
        guard step.pattern == #"\s+"#, step.content == " " else {
          throw TokenizerJSON.notCLIPs(
            "'normalizer' replaces \(quoted(step.pattern.utf8)) by \(quoted(step.content.utf8)), "
              + "CLIP's '\\s+' by ' '")
        }
      default:
        throw TokenizerJSON.notCLIPs(
          "'normalizer' has the step \(quoted(step.type.utf8)), CLIP's has NFC, Replace and Lowercase")
      }
    }
    guard steps.contains(where: { $0.type == "Lowercase" }) else {
      throw TokenizerJSON.notCLIPs("'normalizer' has no step 'Lowercase', CLIP's has")
    }
  }

  /// Checks that a pre-tokenizer is CLIP's: a split into words by the pattern, then bytes as printable characters.
  static func checkPreTokenizer(_ json: inout JSONReader) throws(Failure) {
    let steps = try read(&json, list: "pretokenizers")
    guard steps.map(\.type) == ["Split", "ByteLevel"] else {
      let names = steps.map { printable($0.type.utf8, limit: 40) }.joined(separator: ", ")
      throw TokenizerJSON.notCLIPs("'pre_tokenizer' has the steps (\(names)), CLIP's has (Split, ByteLevel)")
    }
    let split = steps[0]
    guard split.pattern.utf8.suffix(wordPattern.utf8.count).elementsEqual(wordPattern.utf8) else {
      throw TokenizerJSON.notCLIPs(
        "'pre_tokenizer' splits by \(quoted(split.pattern.utf8)), CLIP's by '\(wordPattern)'")
    }
    guard split.behavior == "Removed", split.isInverted else {
      throw TokenizerJSON.notCLIPs(
        "'pre_tokenizer' splits with the behavior \(quoted(split.behavior.utf8)), "
          + "\(split.isInverted ? "" : "not ")inverted, CLIP's with 'Removed', inverted")
    }
    guard !steps[1].addsPrefixSpace else {
      throw TokenizerJSON.notCLIPs("'pre_tokenizer' has add_prefix_space true, CLIP's false")
    }
  }

  // MARK: - Gemma's

  /// Checks that a normalizer is that of SigLIP 2's pieces, spaces replaced by U+2581 and perhaps lower case, and returns
  /// whether it replaces them.
  static func checkPieceNormalizer(_ json: inout JSONReader) throws(Failure) -> Bool {
    var replacesSpaces = false
    for step in try read(&json, list: "normalizers") {
      switch step.type {
      case "Lowercase" where !replacesSpaces: break
      case "Replace" where step.pattern == "String:  " && step.content == "\u{2581}": replacesSpaces = true
      default:
        throw Failure(
          .unsupported,
          "the step \(quoted(step.type.utf8)) is not computed; SigLIP 2's tokenizer has Lowercase, and Replace of "
            + "' ' by '\u{2581}'")
      }
    }
    return replacesSpaces
  }

  /// Checks that a pre-tokenizer leaves texts whole: it splits at spaces, of which there are none any more.
  static func checkPiecePreTokenizer(_ json: inout JSONReader) throws(Failure) {
    for step in try read(&json, list: "pretokenizers") {
      guard step.type == "Split", step.pattern == "String:  ", !step.isInverted else {
        throw Failure(
          .unsupported,
          "the step \(quoted(step.type.utf8)) is not computed; SigLIP 2's tokenizer splits at spaces alone")
      }
    }
  }

  // MARK: - Reading

  /// Reads one step, or the steps of a "Sequence", which are under the key `list`; none for null.
  private static func read(
    _ json: inout JSONReader, list: String
  ) throws(Failure) -> [TextStep] {
    if try json.kind() == .null {
      try json.null()
      return []
    }
    var inner: [TextStep] = []
    let outer = try TextStep(&json) { (key, json) throws(Failure) in
      guard key == list else { return false }
      try json.beginArray()
      while try json.nextElement() {
        guard inner.count < maximumSteps else {
          throw Failure(.limit, "'\(list)' has over \(maximumSteps) steps")
        }
        inner.append(try TextStep(&json) { _, _ in false })
      }
      return true
    }
    return outer.type == "Sequence" ? inner : [outer]
  }

  /// Reads a step. `other` gets each unknown key: it reads the value and returns true, or returns false to have it
  /// skipped.
  private init(
    _ json: inout JSONReader,
    other: (String, inout JSONReader) throws(Failure) -> Bool
  ) throws(Failure) {
    let limit = TokenizerJSON.maximumText
    try json.beginObject()
    while let key = try json.nextKey(atMost: limit) {
      switch key {
      case "type": type = try json.string(atMost: limit)
      case "content": content = try json.string(atMost: limit)
      case "behavior": behavior = try json.string(atMost: limit)
      case "invert": isInverted = try json.bool()
      case "add_prefix_space": addsPrefixSpace = try json.bool()
      case "pattern" where try json.kind() == .object:
        // {"Regex": "…"} or {"String": "…"}; the latter is literal text, and never CLIP's pattern.
        try json.beginObject()
        while let kind = try json.nextKey(atMost: limit) {
          let text = try json.string(atMost: limit)
          pattern = kind == "Regex" ? text : "\(kind): \(text)"
        }
      default:
        if try !other(key, &json) { try json.skip(atMost: limit) }
      }
    }
  }
}
