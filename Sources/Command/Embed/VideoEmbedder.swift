import CActionCLIP

/// Makes the rows of videos. One thread uses it; others have one of their own for the same model.
final class VideoEmbedder {
  /// How rows are made, the same for all threads.
  struct Setting: Sendable {
    let model: Model
    /// Windows that slide over a video; nil: a row is a whole video.
    let windows: StreamedWindows?
    let resize: Resize?
    let opening: VideoOpening
    let dtype: EmbeddingType
    /// The folder for rows that do not fit into memory.
    let folder: FilePath
  }

  private let setting: Setting
  private let stream: FrameStream?

  init(_ setting: Setting) throws(LibraryError) {
    self.setting = setting
    stream = try setting.windows?.stream()
  }

  /// The rows of a video, with what is known of it.
  struct Rows {
    let rows: RowSpool
    /// Seconds.
    let duration: Double
    let damagedFrames: Int64
  }

  func rows(of path: FilePath) throws -> Rows {
    // Only the embedding of a video's row is kept.
    let (size, stride) = (setting.model.embeddingSize, setting.model.videoSize)
    let spool = RowSpool(setting.folder, rowBytes: size * setting.dtype.bytes)
    var failure: CommandError?
    func add(_ times: [(start: Int64, end: Int64)], _ embeddings: [Float]) throws(LibraryError) {
      for (place, time) in times.enumerated() {
        do throws(CommandError) {
          try spool.add(start: time.start, end: time.end) {
            setting.dtype.append(embeddings[place * stride..<place * stride + size], to: &$0)
          }
        } catch {
          failure = error
          throw LibraryError(status: Int32(ACTIONCLIP_ERROR_FILE_WRITE), message: error.message)
        }
      }
    }
    do {
      return try Video.open(path, setting.opening) { (video) throws(LibraryError) in
        do throws(CommandError) { try spool.reset() } catch {
          failure = error
          throw LibraryError(status: Int32(ACTIONCLIP_ERROR_FILE_WRITE), message: error.message)
        }
        if let windows = setting.windows, let stream {
          try stream.reset()
          try windows.windows(of: video, by: stream, take: add)
        } else {
          let end = Int64((min(try video.outline().duration, 4e9) * 1e9).rounded())
          try add([(0, end)], video.encode(with: setting.model, resize: setting.resize))
        }
        let info = try video.outline()
        return Rows(rows: spool, duration: info.duration, damagedFrames: info.damaged_frames)
      }
    } catch {
      // The disk is to blame, not the video.
      throw failure ?? error
    }
  }
}
