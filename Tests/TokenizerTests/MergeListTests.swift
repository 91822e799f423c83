import System
import Foundation
import Testing

@testable import Tokenizer

struct MergeListTests {
  private func error(_ list: String, vocabularySize: Int? = nil) -> Failure? {
    failure { _ = try Tokenizer(list: list, vocabularySize: vocabularySize) }
  }

  // MARK: - The vocabulary

  @Test func theVocabularyIsBytesMergesAndTwoMarkers() throws {
    let tokenizer = try Tiny.tokenizer()
    #expect(tokenizer.vocabularySize == 512 + 120 + 2)
    #expect(tokenizer.startOfText == 632)
    #expect(tokenizer.endOfText == 633)
  }

  @Test func bytesAreNumberedAsInCLIP() {
    #expect(ByteAlphabet.symbols[0x21] == 0)
    #expect(ByteAlphabet.symbols[0x7E] == 93)
    #expect(ByteAlphabet.symbols[0xA1] == 94)
    #expect(ByteAlphabet.symbols[0xFF] == 187)
    #expect(ByteAlphabet.symbols[0x00] == 188)
    #expect(ByteAlphabet.symbols[0xAD] == 255)
    #expect(Set(ByteAlphabet.symbols).count == 256)
    #expect(String(decoding: ByteAlphabet.spelling(of: 188), as: UTF8.self) == "Ā")
    #expect(String(decoding: ByteAlphabet.spelling(of: 256), as: UTF8.self) == "!</w>")
  }

  @Test func aGivenVocabularySizeUsesThatManyMerges() throws {
    let ten = try Tokenizer(path: Tiny.path, vocabularySize: 524)
    #expect(ten.vocabularySize == 524)
    #expect(ten.endOfText == 523)
    // Merge 11, "play ing", is beyond.
    #expect(try ten.ids("playing").count == 2)
    #expect(try Tokenizer(path: Tiny.path, vocabularySize: 525).ids("playing").count == 1)
    let none = try Tokenizer(path: Tiny.path, vocabularySize: 514)
    #expect(try none.ids("the").count == 3)
  }

  @Test func tooFewMergesForTheVocabularyIsAnErrorWithBothNumbers() {
    let error = failure { _ = try Tokenizer(path: Tiny.path, vocabularySize: 635) }
    #expect(error?.kind == .vocabularyMismatch)
    #expect(
      error?.message.hasSuffix(
        "the merge list has 120 merges, but a vocabulary of 635 needs 121") == true)
  }

  @Test(arguments: [Int.min, -1, 0, 513, 1_000_515, Int.max])
  func impossibleVocabularySizesAreRefused(size: Int) {
    #expect(error("#version: 0.2\n", vocabularySize: size)?.kind == .vocabularyMismatch)
  }

  @Test func withoutASizeTheStandardNumberOfMergesIsUsed() throws {
    // 48,894 merges of CLIP's vocabulary; the file goes on, and its rest is not even looked at.
    var list = "#version\n"
    let alphabet = (0..<256).map { String(decoding: ByteAlphabet.spelling(of: $0), as: UTF8.self) }
    for number in 0..<MergeList.standardCount {
      list += "\(alphabet[number / 256]) \(alphabet[number % 256])\n"
    }
    list += "this is no merge\n"
    #expect(try Tokenizer(list: list).vocabularySize == 49_408)
    #expect(error(list, vocabularySize: 49_409)?.message.hasPrefix("line 48896: ") == true)
  }

  // MARK: - The lines

  @Test func theFirstLineIsAHeaderWhateverItSays() throws {
    for header in ["#version: 0.2", "\"my_list.txt#version: 0.2", "", "any text at all"] {
      #expect(try Tokenizer(list: header + "\ni n\n").vocabularySize == 515)
    }
  }

  @Test func aListWithoutHeaderBeginsWithItsFirstMerge() throws {
    let plain = try String(contentsOfFile: Tiny.path, encoding: .utf8)
    let bare = String(plain.drop { $0 != "\n" }.dropFirst())
    let text = "Look, the human is playing the flute"
    for list in [bare, bare + "\n", bare.replacing("\n", with: "\r\n") + "\r\n"] {
      let tokenizer = try Tokenizer(list: list, vocabularySize: 634)
      #expect(try tokenizer.ids(text) == Tiny.tokenizer().ids(text))
      #expect(try tokenizer.mergeText == plain)
    }
    // A vocabulary without merges takes none, whatever line 1 is.
    #expect(try Tokenizer(list: bare, vocabularySize: 514).vocabularySize == 514)
    // Lines are counted as they stand in the file.
    #expect(error("i n\nin x</w>\nno merge\n")?.message.hasPrefix("line 3: 'no'") == true)
  }

  @Test func theLastLineMayLackItsNewlineAndBlankLinesMayFollow() throws {
    #expect(try Tokenizer(list: "#version\ni n").vocabularySize == 515)
    #expect(try Tokenizer(list: "#version\ni n\n\n\r\n").vocabularySize == 515)
  }

  @Test func aListWithoutMergesIsOnlyForAVocabularyWithoutMerges() throws {
    #expect(error("#version")?.kind == .invalidMerges)
    #expect(try Tokenizer(list: "#version", vocabularySize: 514).vocabularySize == 514)
  }

  @Test func windowsLineEndsAreRead() throws {
    let windows = try Tokenizer(list: "#version: 0.2\r\ni n\r\nin g\r\n")
    #expect(windows.vocabularySize == 516)
    #expect(try windows.ids("ingo").first == 513)
  }

  @Test(arguments: [
    ("", "is empty"), ("#v\n\ni n\n", "line 2"), ("#v\nin\n", "line 2"), ("#v\ni n x\n", "line 2"),
    ("#v\ni  n\n", "line 2"), ("#v\n i n\n", "line 2"), ("#v\ni n \n", "line 2"),
    ("#v\ni\tn\n", "line 2"), ("#v\n \n", "line 2"), ("#v\ni n\n\ni n\n", "line 3"),
    ("#v\ni yz\n", "line 2: 'yz'"), ("#v\nin g\n", "'in'"),
    ("#v\ni n\ni n\n", "line 3: 'in' is already"), ("#v\na b\nb c\nab c\na bc\n", "line 5: 'abc'"),
    ("#v\ni\u{0} n\n", "line 2"), ("#v\ni\r n\n", "line 2"), ("#v\n日 本\n", "'日'"),
    ("#v\n</w> a\n", "</w>"), ("#v\n\u{10000} a\n", "line 2"), ("#v\nĀ Ń\nĀ Ń\n", "line 3"),
  ])
  func wrongLinesAreNamed(list: String, part: String) {
    let error = error(list)
    #expect(error?.kind == .invalidMerges)
    #expect(error?.message.contains(part) == true, "\(error?.message ?? "no error")")
    #expect(error?.message.contains("\n") == false)
  }

  @Test func bytesThatAreNotUTF8AreNamedWithoutHarm() {
    let list = Array("#v\n".utf8) + [0xFF, 0x20, 0xC3, 0x0A]
    #expect(failure { _ = try Tokenizer(list: list) }?.kind == .invalidMerges)
  }

  @Test func aPictureIsNamedAsNoTokenizer() {
    let picture: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0x0D]
    let error = failure { _ = try Tokenizer(list: picture) }
    #expect(error?.kind == .invalidMerges && error?.message.contains("is not a tokenizer") == true)
  }

  @Test func aVeryLongLineIsQuotedInPart() {
    let error = error("#v\n" + String(repeating: "x", count: 1_000_000))
    #expect(error?.kind == .invalidMerges)
    #expect((error?.message.count ?? .max) < 200)
  }

  // MARK: - The file

  @Test func textAndGzipGiveTheSameTokenizer() throws {
    let plain = try Tokenizer(path: Tiny.path)
    let packed = try Tokenizer(path: Tiny.gzipPath)
    #expect(packed.vocabularySize == plain.vocabularySize)
    let text = "Look, the human is playing the flute while they're walking the dog!"
    #expect(try packed.ids(text) == plain.ids(text))
  }

  @Test func everyTruncationOfAGzipIsAnError() throws {
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: Tiny.gzipPath)))
    for length in 0..<bytes.count {
      let error = failure { _ = try Tokenizer(list: Array(bytes[..<length])) }
      #expect(error != nil, "\(length) of \(bytes.count) bytes")
      if length >= 2 { #expect(error?.kind == .invalidCompression) }
    }
  }

  @Test func aMissingFileADirectoryAndADeviceAreNoMergeLists() {
    for path in ["/does/not/exist.txt", Tiny.folder.path, "/dev/zero", "", "\(Tiny.path)\0.gz"] {
      #expect(failure { _ = try Tokenizer(path: path) }?.kind == .fileOpen)
    }
  }

  @Test func aFIFODoesNotBlock() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("fifo-\(UUID())").path
    #expect(mkfifo(path, 0o600) == 0)
    defer { unlink(path) }
    #expect(failure { _ = try Tokenizer(path: path) }?.kind == .fileOpen)
  }

  @Test func errorsNameTheFileOnOneLine() {
    let error = failure { _ = try Tokenizer(path: "/no\nsuch") }
    #expect(error?.message == "'/no?such': the tokenizer file cannot be opened: no such file")
  }

  @Test func aPathNeedNotBeUTF8() throws {
    let name = "/tmp/merges-\(UUID())-".utf8CString.dropLast() + [CChar(bitPattern: 0xFF), 0]
    let path = Array(name)
    let descriptor = open(path, O_CREAT | O_WRONLY | O_EXCL, 0o600)
    #expect(descriptor >= 0)
    defer { unlink(path) }
    let list = Array("#version\ni n\n".utf8)
    #expect(write(descriptor, list, list.count) == list.count)
    close(descriptor)
    #expect(try Tokenizer(path: FilePath(path)).vocabularySize == 515)
  }

  @Test func aFileBeyondTheLimitIsNotRead() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("large-\(UUID())").path
    let descriptor = open(path, O_CREAT | O_WRONLY | O_EXCL, 0o600)
    defer { unlink(path) }
    // Sparse: takes no room.
    #expect(ftruncate(descriptor, 64 << 20 + 1) == 0)
    close(descriptor)
    #expect(failure { _ = try Tokenizer(path: path) }?.kind == .limit)
  }
}
