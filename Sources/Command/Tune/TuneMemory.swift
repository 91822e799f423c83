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

  /// Runs `body`, and tells what to change where it takes too much memory.
  func explaining<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as LibraryError
      where error.status == ACTIONCLIP_ERROR_OUT_OF_MEMORY
    {
      let said = TuneMemory.readable(error.message)
      throw CommandError(
        "training does not fit into \(MemorySize.text(limit)) (\(asked == nil ? "what is free" : "--max-memory")), of which "
          + "measuring takes \(MemorySize.text(measuring)) and the clips \(MemorySize.text(clips)): \(said). Train less (--train head or projection), "
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

  /// The library's message, with its numbers of bytes for people.
  private static func readable(_ message: String) -> String {
    message.replacing("out of memory for training: ", with: "")
      .replacing(", 0 of work", with: "")
      .replacing(/([0-9]+) bytes/) { found in MemorySize.text(Int64(found.1) ?? 0) }
      .replacing("max_memory is", with: "and there are")
      .replacing(/[0-9]{4,}/) { found in MemorySize.text(Int64(found.0) ?? 0) }
      .replacing(/, [0-9.]+ [A-Za-z]+ of clips/, with: "")  // they are told before
  }
}
