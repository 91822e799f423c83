import System
import Text

/// SentencePiece's unigram model as SigLIP uses it: a text is cut into the pieces whose scores have the largest sum. Its
/// ids equal those of transformers' `SiglipTokenizer`, but that marks spelled in a text are ordinary text.
/// Source: sentencepiece `unigram_model.cc` (EncodeOptimized), `normalizer.cc`.
final class UnigramModel: PieceModel {
  /// Kinds of pieces, by their numbers in files.
  enum Kind: UInt8, BitwiseCopyable { case normal = 1, unknown, control, userDefined, unused, byte }

  let pieces: PieceTable
  let scores: GrowingArray<Float>
  let kinds: GrowingArray<Kind>
  let characters: CharacterMap
  /// Whether runs of spaces become one, and those at the end go.
  let removesExtraSpace: Bool
  /// Whether SentencePiece puts a space in front of a text.
  let addsPrefix: Bool
  /// The pieces of the 256 bytes, by which unknown characters are spelled; empty: they are `unknown`. [256]
  private let bytePieces: GrowingArray<Int32>
  private let unknown: Int32
  var fallsBackToBytes: Bool { !bytePieces.isEmpty }
  let endOfText: Int32
  var padding: Int32 { endOfText }
  /// The score of a character that no piece has: 10 less than the lowest of normal pieces.
  private let unknownScore: Float
  /// The score of "<unk>", which transformers puts in front of a text and takes away again. It changes the roundings of
  /// all sums, which decide between ways of equal scores.
  private let startScore: Float

  /// The pieces up to the last one that a text can have.
  let count: Int

  private static let maximumNormalised = 16 << 20
  private static var tooLong: Failure {
    Failure(.limit, "the normalised text has over \(maximumNormalised) bytes")
  }

  /// Takes the vocabulary of a file. Fails where it has no end mark, or not one piece for what is unknown.
  init(
    _ pieces: consuming PieceTable, _ scores: consuming GrowingArray<Float>,
    _ kinds: consuming GrowingArray<Kind>, _ characters: consuming CharacterMap, fallsBackToBytes: Bool,
    removesExtraSpace: Bool, addsPrefix: Bool
  ) throws(Failure) {
    var pieces = pieces
    var (unknown, endOfText): (Int32?, Int32?)
    var (lowest, count) = (Float.greatestFiniteMagnitude, 0)
    let end = Array("</s>".utf8)
    for id in 0..<pieces.count {
      switch kinds[id] {
      case .normal: lowest = min(lowest, scores[id])
      case .unknown where unknown != nil:
        throw Failure(.invalidVocabulary, "pieces \(unknown ?? 0) and \(id) both stand for what is unknown")
      case .unknown: unknown = Int32(id)
      // Symbols with punctuation, such as T5's "<extra_id_0>", are in no cleaned text.
      case .userDefined where pieces[id].contains { SigLIPText.isPunctuation(UInt32($0)) }: continue
      case .userDefined:
        throw Failure(
          .unsupported,
          "piece \(id), \(quoted(pieces[id], limit: 40)), is a symbol of its user, which is not read")
      case .control: if pieces[id].elementsEqual(end) { endOfText = Int32(id) }
      case .unused, .byte: break
      }
      count = id + 1
    }
    guard let unknown else {
      throw Failure(.invalidVocabulary, "no piece of the vocabulary stands for what is unknown")
    }
    guard let endOfText else {
      throw Failure(.invalidVocabulary, "the vocabulary has no mark '</s>': it is not SigLIP's")
    }
    bytePieces = fallsBackToBytes ? try UnigramModel.bytePieces(pieces, kinds) : GrowingArray()
    try pieces.sort { kinds[$0] == .normal || kinds[$0] == .unused }
    (self.unknown, self.endOfText, self.count) = (unknown, endOfText, count)
    unknownScore = lowest - 10
    (self.removesExtraSpace, self.addsPrefix) = (removesExtraSpace, addsPrefix)
    var start = try GrowingArray<UInt32>(capacity: 8)
    for scalar in ((addsPrefix ? "\u{2581}" : "") + "<unk>").unicodeScalars { try start.append(scalar.value) }
    let text = try UnigramModel.normalised(start, characters, removesExtraSpace: removesExtraSpace)
    let steps = try UnigramModel.steps(
      text.view, from: 0, pieces, scores, kinds, unknownScore: unknownScore, unknown: unknown)
    startScore = steps[text.count].score
    self.pieces = pieces
    self.scores = scores
    self.kinds = kinds
    self.characters = characters
  }

  /// The id of each byte's piece, "<0x00>" to "<0xFF>".
  private static func bytePieces(
    _ pieces: borrowing PieceTable, _ kinds: borrowing GrowingArray<Kind>
  ) throws(Failure) -> GrowingArray<Int32> {
    var found = try GrowingArray<Int32>(repeating: -1, count: 256)
    for id in 0..<pieces.count where kinds[id] == .byte {
      if let byte = BytePiece.byte(of: pieces[id]) { found[Int(byte)] = Int32(id) }
    }
    for byte in 0..<256 where found[byte] < 0 {
      throw Failure(.invalidVocabulary, "the vocabulary has no piece of the byte \(byte)")
    }
    return found
  }

  // MARK: - Encoding

  func append(_ utf8: UnsafeBufferPointer<UInt8>, to ids: inout GrowingArray<Int32>) throws(Failure) {
    let text = try UnigramModel.normalised(
      SigLIPText.canonical(utf8), characters, removesExtraSpace: removesExtraSpace)
    try checkCancelled()
    var steps = try UnigramModel.steps(
      text.view, from: startScore, pieces, scores, kinds, unknownScore: unknownScore, unknown: unknown)
    try appendWay(&steps, text.view, to: &ids)
  }

  /// The UTF-8 of a text with its characters replaced and each space as U+2581.
  private static func normalised(
    _ scalars: consuming GrowingArray<UInt32>, _ characters: borrowing CharacterMap, removesExtraSpace: Bool
  ) throws(Failure) -> GrowingArray<UInt8> {
    var given = try GrowingArray<UInt8>(capacity: scalars.count)
    for scalar in scalars.view {
      try UTF8Scalars.forEachByte(of: scalar) { (byte) throws(Failure) in try given.append(byte) }
    }
    var text = try GrowingArray<UInt8>(capacity: given.count)
    var (position, isAfterSpace) = (0, false)
    // Bytes of parts, those that are dropped too: a table may replace each character by any number of spaces.
    var read = 0
    while position < given.count {
      if position % 4096 == 0 { try checkCancelled() }
      var part: UnsafeBufferPointer<UInt8>
      if let found = try characters.replacement(in: given.view, from: position) {
        part = characters.text(at: found.place)
        position += found.length
      } else {
        let length = UnigramModel.length(given[position])
        part = UnsafeBufferPointer(rebasing: given.view[position...].prefix(length))
        position += length
      }
      read += part.count
      guard read <= UnigramModel.maximumNormalised else { throw tooLong }
      if isAfterSpace { part = UnsafeBufferPointer(rebasing: part.drop { $0 == 0x20 }) }
      guard let last = part.last else { continue }
      for byte in part {
        if byte == 0x20 { try text.append(SigLIPText.spaceUTF8) } else { try text.append(byte) }
      }
      isAfterSpace = removesExtraSpace && last == 0x20
      // A space takes 3 bytes.
      guard text.count <= UnigramModel.maximumNormalised else { throw tooLong }
    }
    while removesExtraSpace, text.count >= 3, text.view.suffix(3).elementsEqual([0xE2, 0x96, 0x81]) {
      text.removeLast(3)
    }
    return text
  }

  /// The bytes of a character, by its first one.
  private static func length(_ first: UInt8) -> Int {
    switch first {
    case ..<0xC0: 1
    case ..<0xE0: 2
    case ..<0xF0: 3
    default: 4
    }
  }

  // Not private: the compiler of Swift 6.3 fails on a private type in a noncopyable field.
  /// The last piece of the best way to a place in a text.
  struct Step: BitwiseCopyable {
    var start: Int32 = -1
    var id: Int32 = -1
    var score: Float = 0
  }

  /// The best way to each place of a text: that of the pieces whose scores have the largest sum, in fp32 as in
  /// SentencePiece. Of equal sums the one that is found first counts, that of the longest last piece. [bytes + 1]
  private static func steps(
    _ text: UnsafeBufferPointer<UInt8>, from startScore: Float, _ pieces: borrowing PieceTable,
    _ scores: borrowing GrowingArray<Float>, _ kinds: borrowing GrowingArray<Kind>, unknownScore: Float,
    unknown: Int32
  ) throws(Failure) -> GrowingArray<Step> {
    var steps = try GrowingArray<Step>(repeating: Step(), count: text.count + 1)
    steps[0].score = startScore
    let (step, score, kind) = (steps.base, scores.base, kinds.base)
    var start = 0
    while start < text.count {
      if start % 1024 == 0 { try checkCancelled() }
      let soFar = step[start].score
      let character = min(length(text[start]), text.count - start)
      var hasCharacter = false
      func offer(_ score: Float, _ id: Int32, _ length: Int) {
        let end = step + start + length
        guard end.pointee.start < 0 || score > end.pointee.score else { return }
        end.pointee = Step(start: Int32(start), id: id, score: score)
      }
      pieces.forEachPrefix(of: text, from: start) { id, length in
        guard kind[Int(id)] == .normal else { return }
        offer(score[Int(id)] + soFar, id, length)
        if length == character { hasCharacter = true }
      }
      if !hasCharacter { offer(unknownScore + soFar, unknown, character) }
      start += character
    }
    return steps
  }

  /// Appends the ids of the best way. A run of unknown characters is one id, or its bytes' pieces.
  private func appendWay(
    _ steps: inout GrowingArray<Step>, _ text: UnsafeBufferPointer<UInt8>, to ids: inout GrowingArray<Int32>
  ) throws(Failure) {
    // The way from its end to its beginning, kept where it has been.
    var (place, end) = (text.count, -1)
    while place > 0 {
      let before = Int(steps[place].start)
      steps[place].start = Int32(end)
      (place, end) = (before, place)
    }
    var (start, isAfterUnknown) = (0, false)
    while end > 0 {
      let id = steps[end].id
      if id != unknown {
        try ids.append(id)
      } else if !bytePieces.isEmpty {
        for byte in text[start..<end] { try ids.append(bytePieces[Int(byte)]) }
      } else if !isAfterUnknown {
        try ids.append(id)
      }
      isAfterUnknown = id == unknown
      (start, end) = (end, Int(steps[end].start))
    }
  }
}
