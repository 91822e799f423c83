import System
import Text

/// The reader of a SentencePiece model (spiece.model), a message of Protocol Buffers: a unigram vocabulary, and how it
/// normalises texts. Source: sentencepiece `sentencepiece_model.proto`.
struct SentencePieceFile: ~Copyable {
  private var pieces = PieceTable()
  private var scores = GrowingArray<Float>()
  private var kinds = GrowingArray<UnigramModel.Kind>()
  private var characters: UnsafeBufferPointer<UInt8>?
  private var (fallsBackToBytes, removesExtraSpace, addsPrefix) = (false, true, true)

  /// Whether a file begins as such a message does: with a piece, which begins with its text.
  static func isOne(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    bytes.count > 2 && bytes[0] == 0x0A && bytes[1] < 0x80 && bytes[2] == 0x0A
  }

  static func read(_ bytes: UnsafeBufferPointer<UInt8>) throws(Failure) -> UnigramModel {
    var file = SentencePieceFile()
    var message = ProtocolBuffer(bytes)
    while let (field, value) = try message.next() {
      switch (field, value) {
      case (1, .bytes(let piece)): try file.addPiece(piece)
      case (2, .bytes(let settings)): try file.readTrainer(settings)
      case (3, .bytes(let settings)): try file.readNormalizer(settings)
      default: break
      }
    }
    return try UnigramModel(
      file.pieces, file.scores, file.kinds,
      CharacterMap(file.characters ?? UnsafeBufferPointer(start: nil, count: 0)),
      fallsBackToBytes: file.fallsBackToBytes, removesExtraSpace: file.removesExtraSpace,
      addsPrefix: file.addsPrefix)
  }

  private mutating func addPiece(_ bytes: UnsafeBufferPointer<UInt8>) throws(Failure) {
    try checkCancelled()
    let id = pieces.count
    var message = ProtocolBuffer(bytes)
    var (text, score, kind) = (
      UnsafeBufferPointer<UInt8>(start: nil, count: 0), Float(0), UnigramModel.Kind.normal
    )
    while let (field, value) = try message.next() {
      switch (field, value) {
      case (1, .bytes(let spelling)): text = spelling
      case (2, .number(let bits)): score = Float(bitPattern: UInt32(truncatingIfNeeded: bits))
      case (3, .number(let number)):
        guard let known = UInt8(exactly: number).flatMap(UnigramModel.Kind.init(rawValue:)) else {
          throw Failure(.invalidVocabulary, "piece \(id) is of the unknown kind \(number)")
        }
        kind = known
      default: break
      }
    }
    guard score.isFinite else {
      throw Failure(.invalidVocabulary, "piece \(id) has the score \(score), which is no number")
    }
    guard isUTF8(text) else { throw Failure(.invalidVocabulary, "piece \(id) is not UTF-8") }
    try pieces.append(text)
    try scores.append(score)
    try kinds.append(kind)
  }

  private mutating func readTrainer(_ bytes: UnsafeBufferPointer<UInt8>) throws(Failure) {
    var message = ProtocolBuffer(bytes)
    while let (field, value) = try message.next() {
      guard case .number(let number) = value else { continue }
      switch field {
      case 3 where number != 1:
        throw Failure(
          .unsupported,
          "the SentencePiece model is not of the unigram type (1) but \(number), which is not read")
      case 24 where number != 0:
        throw Failure(.unsupported, "the SentencePiece model has spaces behind words, which is not read")
      case 35: fallsBackToBytes = number != 0
      default: break
      }
    }
  }

  private mutating func readNormalizer(_ bytes: UnsafeBufferPointer<UInt8>) throws(Failure) {
    var message = ProtocolBuffer(bytes)
    while let (field, value) = try message.next() {
      switch (field, value) {
      case (2, .bytes(let table)): characters = table
      case (3, .number(let number)): addsPrefix = number != 0
      case (4, .number(let number)): removesExtraSpace = number != 0
      case (5, .number(0)):
        throw Failure(.unsupported, "the SentencePiece model keeps spaces as they are, which is not read")
      default: break
      }
    }
  }
}

extension UnigramModel {
  /// Appends a SentencePiece model that gives the same ids, of the fields that are read here.
  func write(to file: inout GrowingArray<UInt8>) throws(Failure) {
    var message = GrowingArray<UInt8>()
    for id in 0..<pieces.count {
      message.removeAll()
      try message.append(field: 1, pieces[id])
      try message.append(0x15)  // field 2, of 4 bytes
      for byte in 0..<4 {
        try message.append(UInt8(truncatingIfNeeded: scores[id].bitPattern >> UInt32(8 * byte)))
      }
      if kinds[id] != .normal { try message.append(field: 3, UInt64(kinds[id].rawValue)) }
      try file.append(field: 1, message.view)
    }
    message.removeAll()
    try message.append(field: 3, 1)
    if fallsBackToBytes { try message.append(field: 35, 1) }
    try file.append(field: 2, message.view)
    message.removeAll()
    if !characters.bytes.isEmpty { try message.append(field: 2, characters.bytes.view) }
    if !addsPrefix { try message.append(field: 3, 0) }
    try message.append(field: 4, removesExtraSpace ? 1 : 0)
    try file.append(field: 3, message.view)
  }
}
