/// An account of a run of `embed` or `merge`.
struct EmbedReport {
  let archive: FilePath
  /// Videos that were decoded and encoded.
  var embedded = 0
  /// Videos whose content the archive had under another path.
  var copied = 0
  /// Videos that had not changed.
  var unchanged = 0
  /// Videos without rows: those that failed now, and those that failed before and have not changed.
  var failed = 0
  /// Videos whose rows are left out, since they are gone.
  var removed = 0
  /// Videos that the archive has, and their rows.
  var videos = 0
  var rows = 0
  /// Hours of video that were embedded.
  var hours = 0.0
  /// Files of folders that are no videos by their names.
  var others = 0

  /// Whether the run had videos, and the archive has rows of none of them.
  var hasNoVideo: Bool { failed > 0 && embedded + copied + unchanged == 0 }

  var text: String {
    func count(_ count: Int, _ words: String) -> String? { count > 0 ? "\(count) \(words)" : nil }
    let done = [
      count(embedded, "embedded" + formatted(" (%.2f hours of video)", hours)),
      count(copied, "known by their content"),
      count(unchanged, "unchanged"), count(removed, "removed"),
      count(failed, "failed (\(archive.file(ArchiveFolder.failures).shown))"),
      count(others, "other files left out"),
    ].compactMap { $0 }
    return printable("\(archive.shown): \(videos) videos, \(rows) rows")
      + (done.isEmpty ? "" : ": " + printable(done.joined(separator: ", ")))
  }

  var json: JSONValue {
    func int(_ value: Int) -> JSONValue { .int(Int64(value)) }
    return [
      "archive": .string(archive.shown), "videos": int(videos), "rows": int(rows), "embedded": int(embedded),
      "copied": int(copied), "unchanged": int(unchanged), "removed": int(removed), "failed": int(failed),
      "other_files": int(others), "hours": .double(hours),
    ]
  }
}
