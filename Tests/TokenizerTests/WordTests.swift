import Testing

@testable import Tokenizer

/// Tests of the split of cleaned texts into words and tokens with the tiny merge list. Expected values come from the
/// reference with that list.
struct WordTests {
  @Test func wordsAreMergedAndTheLastSymbolEndsTheWord() throws {
    #expect(try Tiny.tokens("Playing the flute") == "playing| the| flute|")
    #expect(try Tiny.tokens("playinggg") == "play in g g g|")
    #expect(try Tiny.tokens("a") == "a|")
    #expect(try Tiny.tokens("") == "")
    #expect(try Tiny.tokens(" \n ") == "")
  }

  @Test func everyContractionIsAWordOfItsOwn() throws {
    #expect(try Tiny.tokens("it's") == "i t| 's|")
    #expect(try Tiny.tokens("don't") == "d on| 't|")
    #expect(try Tiny.tokens("they're") == "they| 're|")
    #expect(try Tiny.tokens("they've") == "they| 've|")
    #expect(try Tiny.tokens("I'm") == "i| 'm|")
    #expect(try Tiny.tokens("we'll") == "w e| 'll|")
    #expect(try Tiny.tokens("you'd") == "y o u| 'd|")
    #expect(try Tiny.tokens("THE’S") == "the| 's|")
  }

  @Test func anApostropheElsewhereIsPunctuation() throws {
    #expect(try Tiny.tokens("'the'") == "'t| h e| '|")
    #expect(try Tiny.tokens("!'s") == "! '| s|")
    #expect(try Tiny.tokens("'x") == "'| x|")
  }

  @Test func aLongSMatchesAContractionButIsSpelledAsItself() throws {
    // U+017F is C5 BF in UTF-8.
    #expect(try Tiny.tokens("'\u{17F}t") == "' Å ¿| t|")
    #expect(try Tiny.tokens("<|\u{17F}tartoftext|>").hasPrefix("< | Å ¿ t"))
  }

  @Test func digitsStandAloneAndPunctuationRunsTogether() throws {
    #expect(try Tiny.tokens("12 ab") == "1| 2| a b|")
    #expect(try Tiny.tokens("...?!") == ".. . ?!|")
    #expect(try Tiny.tokens("a1b") == "a| 1| b|")
    #expect(try Tiny.tokens("Ⅳ½٣") == "â ħ ³| Â ½| Ù £|")
  }

  @Test func theTwoMarkersInATextAreTheirIds() throws {
    #expect(try Tiny.tokens("<|startoftext|>the<|endoftext|>") == "<s> the| <e>")
    #expect(try Tiny.tokens("<|STARTOFTEXT|> &lt;|EndOfText|&gt;") == "<s> <e>")
    #expect(try Tiny.tokens("!<|endoftext|>").hasPrefix("! <"))
  }

  @Test func bytesOfOneLetterMergeLikeLetters() throws {
    #expect(try Tiny.tokens("café") == "cafÃ©|")
    #expect(try Tiny.tokens("é") == "Ã ©|")
  }

  @Test func theCombiningIotaSubscriptIsDroppedAsInTheReference() throws {
    #expect(try Tiny.tokens("x\u{345}y") == "x| y|")
  }

  /// A merge list with merges of a symbol with itself, whose occurrences overlap, besides ordinary merges.
  private static let greedyMerges = [
    "l l", "a b", "ll ll", "ab ab", "ll l", "l l</w>", "b a", "abab ab", "llll l</w>", "a l", "al al", "ll a",
    "abab a", "ba b</w>",
  ]

  /// Merges by the reference's loop: finds the best pair, merges it everywhere from the left, and starts again.
  private func mergeNaively(_ word: [String]) -> [String] {
    var word = word
    while true {
      let pairs = zip(word, word.dropFirst()).map { "\($0) \($1)" }
      guard let best = Self.greedyMerges.first(where: { pairs.contains($0) }) else { return word }
      var merged: [String] = []
      var index = 0
      while index < word.count {
        if index + 1 < word.count, "\(word[index]) \(word[index + 1])" == best {
          merged.append(word[index] + word[index + 1])
          index += 2
        } else {
          merged.append(word[index])
          index += 1
        }
      }
      word = merged
    }
  }

  @Test(arguments: ["l", "ab", "al", "abl", "aaabl", "llllllla", "abc"])
  func shortAndLongWordsMergeLikeTheReferencesLoop(letters: String) throws {
    let list = "#version: 0.2\n" + Self.greedyMerges.joined(separator: "\n")
    let tokenizer = try Tokenizer(list: list)
    let spellings =
      (0..<512).map { String(decoding: ByteAlphabet.spelling(of: $0), as: UTF8.self) }
      + Self.greedyMerges.map { $0.replacing(" ", with: "") }
    var dice = Dice(state: 7)
    for length in Array(1...70) + [100, 333] {
      let word = (0..<length).compactMap { _ in letters.randomElement(using: &dice) }
      let symbols = word.dropLast().map(String.init) + ["\(word[length - 1])</w>"]
      #expect(try tokenizer.ids(String(word)).map { spellings[Int($0)] } == mergeNaively(symbols))
    }
  }
}
