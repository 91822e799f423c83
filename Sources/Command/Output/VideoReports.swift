/// A report for each video on standard output. A video that cannot be read is told of on standard error
/// and the next one follows.
struct VideoReports {
  /// One line each, failures too; else a paragraph for each that could be read.
  let json: Bool
  let terminal = Terminal.standardOutput()

  /// - Parameters:
  ///   - report: of the video whose name is shown as given.
  ///   - failure: as JSON, of a name and what was wrong.
  func write(
    _ videos: [FilePath], report: (FilePath, String) throws -> String,
    failure: (String, String) -> JSONValue
  ) throws {
    let output = Output()
    var failures = 0
    var separator = ""
    var progress = videos.count > 1 ? Progress(total: videos.count, onlyOnTerminal: true) : nil
    defer { if progress != nil { Progress.clear() } }
    for video in videos {
      let path = video.shown
      let text: String
      do {
        text = try report(video, path)
      } catch {
        failures += 1
        Progress.clear()
        let said = explanation(of: error, naming: path)
        Diagnostics.error(said)
        guard json else {
          progress?.step()
          continue
        }
        text = failure(path, said).text
      }
      if progress != nil { Progress.clear() }
      try output.line(separator + text)
      progress?.step()
      separator = json ? "" : "\n"
    }
    if failures > 0 { throw AlreadyReported() }
  }

  func warn(_ path: String, damaged: Int64, of count: Int64) {
    guard damaged > 0 else { return }
    Progress.clear()
    Diagnostics.warning("\(path): \(damaged) of \(count) frames are damaged")
  }
}
