import ArgumentParser

/// A part of a query: words, or a clip, and whether it is looked for or away from.
struct SearchTerm {
  enum Meaning {
    case words(String)
    case clip(FilePath, TimeSpan?)
  }

  let meaning: Meaning
  /// 1, or -1 for what is taken away.
  let weight: Float

  /// The term as a title shows it.
  var shown: String {
    switch meaning {
    case .words(let words): words
    case .clip(let path, let span): path.name + (span.map { formatted("@%g-%g", $0.start, $0.end) } ?? "")
    }
  }

  /// The terms of words with "+" and "-" between them. Words without a sign between them are one phrase, since a shell
  /// takes quotation marks away.
  static func words(_ arguments: [String]) throws -> [SearchTerm] {
    var terms: [SearchTerm] = []
    var (phrase, weight, isOpen) = ([String](), Float(1), false)
    func close() throws {
      let words = phrase.joined(separator: " ")
      guard words.contains(where: { !$0.isWhitespace }) else {
        throw ValidationError("There are no words beside a + or -.")
      }
      terms.append(SearchTerm(meaning: .words(words), weight: weight))
      phrase = []
    }
    for argument in arguments {
      guard argument == "+" || argument == "-" else {
        phrase.append(argument)
        isOpen = true
        continue
      }
      if isOpen { try close() }
      if !isOpen, !terms.isEmpty { throw ValidationError("There are no words between two signs.") }
      (weight, isOpen) = (argument == "+" ? 1 : -1, false)
    }
    if isOpen {
      try close()
    } else if !arguments.isEmpty {
      throw ValidationError("Words are missing after the last sign.")
    }
    return terms
  }

  /// A clip as "file" or "file@12-14", in seconds. A file whose own name ends like that is taken as it is.
  static func clip(_ argument: String) throws -> SearchTerm {
    let whole = FilePath(argument: argument)
    guard !whole.exists, let at = argument.lastIndex(of: "@") else {
      return SearchTerm(meaning: .clip(whole, nil), weight: 1)
    }
    let times = argument[argument.index(after: at)...].split(separator: "-", omittingEmptySubsequences: false)
    guard times.count == 2, let start = Double(times[0]), let end = Double(times[1]), start >= 0, end > start,
      end.isFinite
    else {
      throw ValidationError("expected a file, or a part of it in seconds, as in clip.mp4@12-14.5")
    }
    return SearchTerm(
      meaning: .clip(FilePath(argument: String(argument[..<at])), TimeSpan(start: start, end: end)), weight: 1
    )
  }
}
