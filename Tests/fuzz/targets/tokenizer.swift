// fuzz: -max_len=4096
import System
@testable import Tokenizer

/// A tokenizer.json, spiece.model or vocab.txt: as a whole, or a part of a tokenizer.json that is CLIP's in everything else; the
/// first byte says which.
@_cdecl("fuzz_tokenizer")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  guard size > 0, let data else { return 0 }
  let input = UnsafeBufferPointer(start: data + 1, count: size - 1)
  let part = Int(data[0]) % (parts.count + 1)
  var file: [UInt8] = []
  if part == parts.count {
    file = Array(input)
  } else {
    for (index, piece) in parts.enumerated() {
      file += piece.before.utf8
      file += index == part ? Array(input) : Array(piece.usual)
    }
    file += end.utf8
  }
  file.withUnsafeBytes { bytes in
    do throws(Failure) {
      let tokenizer = try Tokenizer(file: bytes)
      guard let list = try tokenizer.mergeList() else { return try checkPieces(tokenizer) }
      let again = try Tokenizer(mergeList: list[0], vocabularySize: tokenizer.vocabularySize)
      precondition(again.vocabularySize == tokenizer.vocabularySize)
    } catch { precondition(!error.message.isEmpty) }
  }
  return 0
}

/// A tokenizer of pieces gives ids of its vocabulary, and the same ones once it was written and read again.
private func checkPieces(_ tokenizer: Tokenizer) throws(Failure) {
  let written = try tokenizer.pieceFile()
  let again: Tokenizer
  do { again = try Tokenizer(file: UnsafeRawBufferPointer(written.view)) } catch { fatalError("\(error)") }
  precondition(again.vocabularySize == tokenizer.vocabularySize)
  for text in ["a", " Ab c<a>\u{2581}", "\u{FB01}\u{301}\u{1F600}", "aaaaaaab\n\n", "[SEP]d[x] \u{591C}"] {
    try Array(text.utf8).withUnsafeBufferPointer { (text) throws(Failure) in
      let ids = try tokenizer.ids(of: text)
      let same = try again.ids(of: text)
      precondition(ids.view.allSatisfy { 0 <= $0 && $0 < tokenizer.vocabularySize })
      precondition(ids.view.elementsEqual(same.view))
    }
  }
}

/// The parts of a tokenizer.json with two merges: the text in front of each part, and its usual content.
private let parts: [(before: String, usual: [UInt8])] = [
  (#"{"version":"1.0","truncation":null,"added_tokens":"#, Array("[]".utf8)),
  (#","normalizer":"#, Array(#"{"type":"Lowercase"}"#.utf8)),
  (#","pre_tokenizer":"#, Array(#"{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true}"#.utf8)),
  (#","model":{"type":"BPE","dropout":null,"unk_token":"#, Array("null".utf8)),
  (#","continuing_subword_prefix":"","end_of_word_suffix":"#, Array(#""</w>""#.utf8)),
  (#","vocab":"#, vocabulary), (#","merges":"#, Array(#"["a b",["ab","c</w>"]]"#.utf8)),
]
private let end = "}}"

private let vocabulary: [UInt8] = {
  var entries: [String] = []
  for id in 0..<512 {
    let spelling = ByteAlphabet.spelling(of: id)
    let text = String(decoding: spelling, as: UTF8.self)
    let escaped = text.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] }
    entries.append("\"\(String(escaped))\":\(id)")
  }
  entries += [#""ab":512"#, #""abc</w>":513"#, #""<|startoftext|>":514"#, #""<|endoftext|>":515"#]
  return Array("{\(entries.joined(separator: ","))}".utf8)
}()
