import CActionCLIP

/// Compares a file that was just written with the model it was made from. Both encode the same generated frames and
/// texts, in the new file's precision.
struct Verification {
  private let written: Model
  private let original: Model
  private let storage: Storage

  init(of written: FilePath, against original: FilePath, _ options: ModelOptions, storage: Storage) throws {
    var options = options
    options.compute =
      switch storage {
      case .fp32, .fp16: options.compute ?? .fp32
      case .bf16: .bf16
      case .int8: .int8
      }
    self.original = try options.load(original)
    // No other option is set: the file must state the rest itself.
    var plain = Model.defaultOptions
    if let threads = options.threads { plain.threads = threads }
    if let compute = options.compute { plain.compute_type = compute.code }
    self.written = try Model(path: written, options: plain)
    self.storage = storage
  }

  /// Compares embeddings of videos, frames and texts, and returns a line about it. fp16 storage rounds: cosines must
  /// reach 0.999. Any other storage must give the same bits.
  func run() throws -> String {
    let videos = 2
    let side = Int(original.info.image_size)
    let pixels = numbers(videos * original.frames * 3 * side * side)
    let (was, isNow) = (
      try original.encode(pixels: pixels, videos: videos), try written.encode(pixels: pixels, videos: videos)
    )
    let rows = 8
    let tokens = rowsOfTokens(rows)
    let (texts, textsNow) = (
      try original.encode(tokens: tokens, rows: rows), try written.encode(tokens: tokens, rows: rows)
    )
    let width = original.embeddingSize
    let found = [
      ("videos", was.videos, isNow.videos), ("frames", was.frames, isNow.frames), ("texts", texts, textsNow),
    ].map { name, expected, actual in
      (
        sameBits: expected.map(\.bitPattern) == actual.map(\.bitPattern),
        comparison: Comparison(
          name: name, shape: [expected.count / max(1, width), width], expected: expected, actual: actual,
          rule: .features)
      )
    }
    for (sameBits, comparison) in found {
      guard sameBits || storage == .fp16 && comparison.lowestCosine >= 0.999 else {
        throw CommandError(
          "verification failed, and no file was written: the \(comparison.name) of the new file differ from the "
            + "model's: "
            + formatted(
              "cosine %.6f, largest relative error %.2e", comparison.lowestCosine, comparison.largestRelative)
        )
      }
    }
    let counted = "\(videos) videos of \(original.frames) frames and \(rows) texts"
    if found.allSatisfy(\.sameBits) { return "verified: \(counted) have the same bits" }
    let lowest = found.map(\.comparison.lowestCosine).min() ?? 0
    return "verified: \(counted)" + formatted(", lowest cosine %.6f", lowest)
  }

  /// Pseudo-random numbers in [-2, 2], the range of normalised pixels; the same at each call.
  private func numbers(_ count: Int) -> [Float] {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(state >> 40) / Float(1 << 22) - 2
    }
  }

  /// Token rows [rows, C]: row i has a start marker, i pseudo-random ids, an end marker, and zeros.
  private func rowsOfTokens(_ rows: Int) -> [Int32] {
    let (context, vocabulary) = (original.contextLength, original.info.vocabulary_size)
    var tokens = [Int32](repeating: 0, count: rows * context)
    for row in 0..<rows {
      let words = min(row, context - 2)
      tokens[row * context] = vocabulary - 2
      for word in 0..<words {
        tokens[row * context + 1 + word] = Int32((row * 7919 + word * 104_729) % max(1, Int(vocabulary) - 2))
      }
      tokens[row * context + 1 + words] = vocabulary - 1
    }
    return tokens
  }
}
