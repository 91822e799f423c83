import ArgumentParser

/// A part of a query: words, a clip or a picture, and whether it is looked for or away from.
struct SearchTerm {
  enum Meaning {
    case words(String)
    case clip(FilePath, TimeSpan?)
    case picture(FilePath)
  }

  let meaning: Meaning
  /// 1, or -1 for what is taken away.
  let weight: Float

  /// The term as a title shows it.
  var shown: String {
    switch meaning {
    case .words(let words): words
    case .clip(let path, let span): path.name + (span.map(SearchTerm.shown) ?? "")
    case .picture(let path): path.name
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

  private static func shown(_ span: TimeSpan) -> String {
    formatted("@%g-", span.start) + (span.end.isFinite ? formatted("%g", span.end) : "")
  }

  /// A warning for each argument with signs inside quotation marks, where they are words like others.
  static func warnings(_ arguments: [String]) -> [String] {
    arguments.filter { $0.contains(/\s[+\-]\s/) || $0.contains(/^\+./) }.map {
      "'\($0)' is one phrase, its sign included: a + or - counts where it is an argument of its own, as in running + dog"
    }
  }

  /// A clip as "file", "file@12-14" or "file@0:12-0:14", or "file@12-" up to its end. A file whose own name
  /// ends like that is taken as it is.
  static func clip(_ argument: String) throws -> SearchTerm {
    let whole = FilePath(argument: argument)
    guard !whole.exists, let at = argument.lastIndex(of: "@") else {
      return SearchTerm(meaning: .clip(whole, nil), weight: 1)
    }
    let times = argument[argument.index(after: at)...].split(separator: "-", omittingEmptySubsequences: false)
    guard times.count == 2, let start = seconds(times[0]),
      let end = times[1].isEmpty ? Double.infinity : seconds(times[1]), end > start
    else {
      throw ValidationError(
        "expected a file, or a part of it, as in clip.mp4@12-14.5, clip.mp4@0:12-0:14.5 or clip.mp4@12-")
    }
    return SearchTerm(
      meaning: .clip(FilePath(argument: String(argument[..<at])), TimeSpan(start: start, end: end)), weight: 1
    )
  }

  /// A time as "14.5", "0:14.5" or "1:00:14.5", in seconds; nil for other texts.
  private static func seconds(_ text: Substring) -> Double? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 3, text.allSatisfy({ $0.isASCII && ($0.isNumber || ".:".contains($0)) }) else {
      return nil
    }
    var sum = 0.0
    for (place, part) in parts.enumerated() {
      guard let value = Double(part), value.isFinite, place == 0 || value < 60,
        place == parts.count - 1 || !part.contains(".")
      else { return nil }
      sum = sum * 60 + value
    }
    return sum
  }
}
