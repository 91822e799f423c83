import CActionCLIP
import Glibc

/// A video of a run that has to be looked at. Any thread may do it.
struct EmbedTask: Sendable {
  let path: FilePath
  /// Rows that the archive has under the path; nil: none.
  let known: ArchivedVideo?
  /// Bytes, by which the time left is told.
  let size: Int64

  enum Outcome: Sendable {
    /// The archive has rows of such a file.
    case known(FileState, ArchivedVideo)
    case embedded(FileState, sha256: String, UncheckedRows)
    case failed(FailedVideo)
    /// The run ends: a stop was asked for, or nothing can be read or written.
    case ended((any Error)?)
  }

  /// Rows that one thread made and another takes.
  struct UncheckedRows: @unchecked Sendable { let rows: VideoEmbedder.Rows }

  /// Hashes the video, and embeds it where the archive has no rows of this content.
  /// - Parameter embedder: the thread's own, or why there is none.
  func outcome(
    _ embedder: Swift.Result<VideoEmbedder, any Error>, _ index: ArchiveIndex, _ stop: StopSignal
  ) -> Outcome {
    if stop.isAsked { return .ended(nil) }
    let file: (descriptor: Int32, state: FileState)
    do { file = try FileState.open(path) } catch { return failed(Int32(ACTIONCLIP_ERROR_FILE_OPEN), error) }
    defer { close(file.descriptor) }
    let state = file.state
    do {
      guard let sha256 = try FileState.hash(file.descriptor, path, isStopped: { stop.isAsked }) else {
        return .ended(nil)
      }
      if let known, known.sha256 == sha256 { return .known(state, known) }
      if let known = index.video(sha256: sha256) { return .known(state, known) }
      let rows: VideoEmbedder.Rows
      switch embedder {
      case .failure(let error): return .ended(error)
      case .success(let embedder):
        do { rows = try embedder.rows(of: path) } catch {
          return EmbedTask.outcome(of: error, path, state)
        }
      }
      guard rows.rows.rows > 0 else {
        return .failed(
          FailedVideo(
            path,
            LibraryError(
              status: Int32(ACTIONCLIP_ERROR_VIDEO_DECODE), message: "\(path.shown): it has no window"), state
          ))
      }
      guard try FileState(path) == state else {
        return .failed(
          FailedVideo(
            path, Int32(ACTIONCLIP_ERROR_FILE_READ), "\(path.shown): was changed while it was read")
        )
      }
      return .embedded(state, sha256: sha256, UncheckedRows(rows: rows))
    } catch {
      return failed(Int32(ACTIONCLIP_ERROR_FILE_READ), error)
    }
  }

  /// A failure of the system, after which the file is tried again at the next run.
  private func failed(_ status: Int32, _ error: any Error) -> Outcome {
    .failed(FailedVideo(path, status, explanation(of: error, naming: path.shown)))
  }

  /// Whether an error is the video's, or ends the run.
  private static func outcome(of error: any Error, _ path: FilePath, _ state: FileState) -> Outcome {
    guard let error = error as? LibraryError else { return .ended(error) }
    switch error.status {
    case Int32(ACTIONCLIP_ERROR_CANCELLED): return .ended(nil)
    case Int32(ACTIONCLIP_ERROR_UNAVAILABLE): return .ended(error)
    // There may be memory another time, so the file's state is not kept, by which it would be passed over.
    case Int32(ACTIONCLIP_ERROR_OUT_OF_MEMORY): return .failed(FailedVideo(path, error.status, error.message))
    default: return .failed(FailedVideo(path, error, state))
    }
  }
}

extension FailedVideo {
  /// A video that the library refused.
  fileprivate init(_ path: FilePath, _ error: LibraryError, _ state: FileState) {
    self.init(
      path: path.shown, status: String(cString: actionclip_status_name(error.status)),
      message: explanation(of: error, naming: path.shown), size: state.size, mtimeNs: state.mtimeNs)
  }
}
