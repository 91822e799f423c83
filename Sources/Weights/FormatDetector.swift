import System
import Text

/// Tells formats apart by a file's first bytes, and names those that people hold but that are not
/// read.
enum FormatDetector {
  /// The container that the first bytes show. The entries of an archive tell torch's two formats apart.
  enum Container { case safetensors, zip }

  static func container(of file: borrowing FileBytes) throws(Failure) -> Container {
    guard file.size > 0 else { throw Failure(.unknownFormat, "the file is empty") }
    let block = try file.block(at: 0, count: min(file.size, 512))
    defer { extendLifetime(block) }
    let start = block.bytes
    if start.starts(with: [0x50, 0x4B, 0x03, 0x04]) { return .zip }
    try refuseLegacyTorch(start)
    for (signature, what) in others where start.starts(with: signature) {
      throw Failure(.unknownFormat, "\(what); \(expected)")
    }
    if isHTML(start) {
      throw Failure(
        .unknownFormat, "this is an HTML page, perhaps a download that failed; \(expected)")
    }
    if Safetensors.recognises(start) { return .safetensors }
    throw Failure(
      .unknownFormat,
      "this is no file of weights: it begins with \(hexadecimal(start.prefix(8))); \(expected)")
  }

  private static let expected =
    "expected is a safetensors file, a torch.save or TorchScript archive, an index of shards, or a folder of one of them"

  private static let others: [(signature: [UInt8], what: String)] = [
    (
      Array("version https://git-lfs".utf8),
      "this is a Git LFS pointer, not the file itself: run 'git lfs pull'"
    ),
    ([0x50, 0x4B, 0x05, 0x06], "this is an empty zip archive"),
    ([0x1F, 0x8B], "the file is compressed with gzip: unpack it"),
    ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "this is a 7z archive: unpack it"),
    ([0x28, 0xB5, 0x2F, 0xFD], "the file is compressed with zstd: unpack it"),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "the file is compressed with xz: unpack it"),
    (Array("BZh".utf8), "the file is compressed with bzip2: unpack it"),
    (Array("GGUF".utf8), "this is a GGUF file"),
    ([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A], "this is an HDF5 file"),
  ]

  /// Before torch 1.6 torch.save wrote several pickles in a row; the first is a magic number.
  private static func refuseLegacyTorch(_ start: UnsafeRawBufferPointer) throws(Failure) {
    guard start.count > 2, start[0] == 0x80, start[1] >= 2, start[1] <= 5 else { return }
    // Safetensors whose header length begins with these bytes have zeros and a brace further on.
    guard start[2] != 0, start.count < 9 || start[7] != 0 || start[8] != UInt8(ascii: "{") else {
      return
    }
    // The number that torch.save put in front, of ten bytes.
    let magic: [UInt8] = [0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
    let isTorchs = (2..<16).contains { start.dropFirst($0).starts(with: magic) }
    throw .unsupported(
      isTorchs
        ? "a bare pickle, as torch.save wrote before torch 1.6; save it again in today's form: "
          + TorchAdvice.saveAgain("torch.load('old.pt', \(TorchAdvice.arguments))")
        : "a bare pickle, which torch.save did not write; if it holds a state dict, save it as torch does: "
          + "import pickle, torch; torch.save(pickle.load(open('old.pkl', 'rb')), 'new.pt')\(TorchAdvice.trust)"
    )
  }

  private static func isHTML(_ start: UnsafeRawBufferPointer) -> Bool {
    let text = start.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    let folded = text.prefix(9).map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
    return folded.starts(with: "<!doctype".utf8) || folded.starts(with: "<html".utf8)
  }
}
