import Glibc
import System
import Text
import TensorNames
import Tokenizer

/// Finds the tokenizer for a model's weights.
struct TokenizerLookup {
  /// File names of SigLIP's tokenizer.
  private static let pieceNames = ["spiece.model", "tokenizer.json"]
  /// File names of BERT's tokenizer.
  private static let wordPieceNames = ["tokenizer.json", "vocab.txt"]
  /// File names of CLIP's tokenizer: CLIP's own, then Hugging Face's.
  private static let fileNames = [
    "bpe_simple_vocab_16e6.txt.gz", "bpe_simple_vocab_16e6.txt", "merges.txt", "tokenizer.json",
  ]

  let vocabularySize: Int
  /// The tokenizer that the model's texts are made by.
  let kind: TokenizerKind

  private var advice: String {
    let files =
      switch kind {
      case .bytePairs: "CLIP's merge list or tokenizer.json"
      case .pieces: "SigLIP's spiece.model or SigLIP 2's tokenizer.json"
      case .wordPieces: "the tokenizer.json or vocab.txt of BERT (bert-base-uncased)"
      }
    return "give \(files) to encode text (option tokenizer_path)"
  }

  /// The tokenizer that the caller names, else the one inside the model's file (`merges`, or the bytes of `pieces`), else
  /// one in `folder`, beside the weights at `path`; without any, nil and the reason. `file` names the weights in messages.
  func find(
    _ named: FilePath?, _ merges: TextList?, pieces: borrowing GrowingArray<UInt8>, _ path: FilePath?,
    _ folder: FilePath?, _ file: String
  ) throws(Failure) -> (Tokenizer?, problem: String) {
    if let named { return (try load(named), "") }
    if !pieces.isEmpty {
      do {
        let tokenizer = try Tokenizer(
          file: UnsafeRawBufferPointer(pieces.view), vocabularySize: vocabularySize)
        return (try checked(tokenizer), "")
      } catch { throw error.about("tensor '\(TensorNames.tokenizer)'").about(file) }
    }
    if let merges {
      defer { extendLifetime(merges) }
      do {
        return (try checked(Tokenizer(mergeList: merges[0], vocabularySize: vocabularySize)), "")
      } catch {
        throw error.about("'actionclip.merges'").about(file)
      }
    }
    guard let path, let folder else { return (nil, "the model was loaded from memory: \(advice)") }
    return try search(folder, beside: path)
  }

  /// The first tokenizer in `folder`; nil and the reason if it does not fit the weights, which is an error only once
  /// text is given. Throws without memory, on a read error, or if cancelled, since loading again may then succeed.
  private func search(
    _ folder: FilePath, beside path: FilePath
  ) throws(Failure) -> (Tokenizer?, problem: String) {
    let names =
      switch kind {
      case .bytePairs: TokenizerLookup.fileNames
      case .pieces: TokenizerLookup.pieceNames
      case .wordPieces: TokenizerLookup.wordPieceNames
      }
    for name in names {
      let file = folder.file(name)
      guard file.withCString({ access($0, R_OK) }) == 0 else { continue }
      do { return (try load(file), "") } catch {
        if [.outOfMemory, .fileRead, .cancelled].contains(error.kind) { throw error }
        return (nil, "the tokenizer beside the weights does not fit: \(error.message); \(advice)")
      }
    }
    return (nil, "no tokenizer (\(names.joined(separator: ", "))) lies beside '\(path.shown)': \(advice)")
  }

  private func load(_ path: FilePath) throws(Failure) -> Tokenizer {
    try checked(Tokenizer(path: path, vocabularySize: vocabularySize))
  }

  /// Refuses a tokenizer of another kind than the model's.
  private func checked(_ tokenizer: Tokenizer) throws(Failure) -> Tokenizer {
    guard tokenizer.kind == kind else {
      throw Failure(
        .vocabularyMismatch,
        "the tokenizer is \(TokenizerLookup.owner(tokenizer.kind))'s, but the model's texts are made by "
          + "\(TokenizerLookup.owner(kind))'s")
    }
    return tokenizer
  }

  private static func owner(_ kind: TokenizerKind) -> StaticString {
    switch kind {
    case .bytePairs: "CLIP"
    case .pieces: "SigLIP"
    case .wordPieces: "BERT"
    }
  }
}
