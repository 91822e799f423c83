import CActionCLIP

/// The memory that a run of `tune` may take, and what takes it.
struct TuneMemory {
  private let asked: MemorySize?
  /// Bytes that the run may take.
  private let limit: Int64
  /// Bytes of the clips that measure, and of a model that is measured.
  private let measuring: Int64
  /// Bytes that clips to train on will take.
  private let clips: Int64

  /// - Parameters:
  ///   - measure: bytes of the clips that measure.
  ///   - clips: bytes that clips to train on will take.
  init(_ asked: MemorySize?, measure: Int64, clips: Int64, model: Model) {
    self.asked = asked
    // A fifth stays for all else that the system does.
    limit = asked?.bytes ?? FreeMemory.bytes.map { $0 / 5 * 4 } ?? Int64.max
    measuring = measure + model.info.weight_bytes
    self.clips = clips
  }

  /// Bytes that are left for training, at least 1: 0 would mean any number.
  var forTraining: Int64 { max(1, limit - measuring) }

  /// Bytes that are left for training besides its clips, at least 1.
  var besidesClips: Int64 { max(1, limit - measuring - clips) }

  /// Bytes besides those that a check of two clips counts.
  func besidesRoom(of clip: Int64) -> Int64 { measuring + clips - 2 * clip }

  /// Runs `body`, and tells what to change where it takes too much memory.
  /// - Parameter besides: bytes that `body` does not count; nil: those to measure.
  func explaining<Result>(besides: Int64? = nil, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as LibraryError
      where error.status == ACTIONCLIP_ERROR_OUT_OF_MEMORY
    {
      let parts = [(clips, "of clips"), (measuring, "to measure")].map { "\(MemorySize.text($0)) \($1)" }
        .joined(separator: ", ")
      let need =
        TuneMemory.need(error).map {
          // A little more, since steps with more clips take more, and numbers are told with few digits.
          "needs about \(MemorySize.text(($0 + (besides ?? measuring)) / 20 * 21)) in all"
        } ?? "does not fit"
      throw CommandError(
        "training \(need) (\(parts)); \(asked == nil ? "free for it are" : "--max-memory is") "
          + "\(MemorySize.text(limit)). Train less (--train head or projection), "
          + "take fewer --views or clips, or allow more with --max-memory")
    }
  }

  /// A line on what training takes.
  func text(_ info: actionclip_tuner_info) -> String {
    let all = info.model_bytes + info.clip_bytes + info.work_bytes + info.cache_bytes + measuring
    let parts = [
      (info.model_bytes, "of weights, gradients and moments"), (info.clip_bytes, "of clips"),
      (info.work_bytes, "of a step's work"), (info.cache_bytes, "of what is computed once"),
      (measuring, "to measure"),
    ]
    return "\(MemorySize.text(all)) at most: "
      + parts.map { "\(MemorySize.text($0)) \($1)" }.joined(separator: ", ")
  }

  /// The bytes that the library says it lacks, for labels and clips or for training; nil if it says another thing.
  static func lacking(_ error: LibraryError) -> Int64? {
    guard error.status == ACTIONCLIP_ERROR_OUT_OF_MEMORY else { return nil }
    let added = error.message.firstMatch(of: /([0-9]+) bytes of (?:clips and )?texts/).flatMap { Int64($0.1) }
    return added ?? need(error)
  }

  /// The bytes that the library says training takes; nil if it says another thing.
  static func need(_ error: LibraryError) -> Int64? {
    guard error.status == ACTIONCLIP_ERROR_OUT_OF_MEMORY else { return nil }
    return error.message.firstMatch(of: /takes [a-z ]*([0-9]+) bytes/).flatMap { Int64($0.1) }
  }
}
