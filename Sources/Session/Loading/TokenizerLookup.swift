import Glibc
import System
import Text
import Tokenizer

/// Finds the tokenizer for a model's weights.
enum TokenizerLookup {
  /// File names of CLIP's tokenizer: CLIP's own, then Hugging Face's.
  private static let fileNames = [
    "bpe_simple_vocab_16e6.txt.gz", "bpe_simple_vocab_16e6.txt", "merges.txt", "tokenizer.json",
  ]
  private static let advice =
    "give CLIP's merge list or tokenizer.json to encode text (option tokenizer_path)"

  /// The tokenizer that the caller names, else the one inside the model's file (`merges`), else one in `folder`, beside
  /// the weights at `path`; without any, nil and the reason. `file` names the weights in messages.
  static func find(
    _ named: FilePath?, _ merges: TextList?, _ path: FilePath?, _ folder: FilePath?, _ file: String,
    vocabularySize: Int
  ) throws(Failure) -> (Tokenizer?, problem: String) {
    if let named { return (try Tokenizer(path: named, vocabularySize: vocabularySize), "") }
    if let merges {
      defer { extendLifetime(merges) }
      do { return (try Tokenizer(mergeList: merges[0], vocabularySize: vocabularySize), "") } catch {
        throw error.about("'actionclip.merges'").about(file)
      }
    }
    guard let path, let folder else { return (nil, "the model was loaded from memory: \(advice)") }
    return try search(folder, beside: path, vocabularySize)
  }

  /// The first tokenizer in `folder`; nil and the reason if it does not fit the weights, which is an error only once
  /// text is given. Throws without memory, on a read error, or if cancelled, since loading again may then succeed.
  private static func search(
    _ folder: FilePath, beside path: FilePath, _ vocabularySize: Int
  ) throws(Failure) -> (Tokenizer?, problem: String) {
    for name in fileNames {
      let file = folder.file(name)
      guard file.withCString({ access($0, R_OK) }) == 0 else { continue }
      do { return (try Tokenizer(path: file, vocabularySize: vocabularySize), "") } catch {
        if [.outOfMemory, .fileRead, .cancelled].contains(error.kind) { throw error }
        return (nil, "the tokenizer beside the weights does not fit: \(error.message); \(advice)")
      }
    }
    let names = fileNames.joined(separator: ", ")
    return (nil, "no tokenizer (\(names)) lies beside '\(path.shown)': \(advice)")
  }
}
