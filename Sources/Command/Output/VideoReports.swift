/// Writes a report for each video to standard output. A video that cannot be read is reported on standard error, and
/// the next one follows.
struct VideoReports {
  /// Whether each video is a line of JSON, failures too; otherwise each video that could be read is a paragraph.
  let json: Bool
  let terminal = Terminal.standardOutput()

  /// - Parameters:
  ///   - report: the text about a video, given its path and the name to show.
  ///   - failure: the JSON about a video that could not be read, given its name and the error.
  func write(
    _ videos: [FilePath], report: (FilePath, String) throws -> String,
    failure: (String, String) -> JSONValue
  ) throws {
    try write(videos, name: \.shown, report: { try report($0, $0.shown) }, failure: { failure($0.shown, $1) })
  }

  /// Writes the same for items of any kind: parts of videos, say.
  /// - Parameter name: the name to show of an item, which begins with its video's path.
  func write<Item>(
    _ items: [Item], name: (Item) -> String, report: (Item) throws -> String,
    failure: (Item, String) -> JSONValue
  ) throws {
    let output = Output()
    var failures = 0
    var separator = ""
    var progress = items.count > 1 ? Progress(total: items.count, onlyOnTerminal: true) : nil
    defer { if progress != nil { Progress.clear() } }
    for item in items {
      let text: String
      do {
        text = try report(item)
      } catch {
        failures += 1
        Progress.clear()
        let said = explanation(of: error, naming: name(item))
        Diagnostics.error(said)
        guard json else {
          progress?.step()
          continue
        }
        text = failure(item, said).text
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
