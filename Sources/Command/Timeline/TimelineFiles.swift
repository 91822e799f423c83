import ArgumentParser

/// The files that `timeline` writes besides its report.
struct TimelineFiles: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Write a page for a browser: the videos, curves of all labels, and a slider for the least probability.",
      valueName: "path"))
  var html: FilePath?

  @Option(
    help: ArgumentHelp(
      """
      Write the segments for other programs; repeat it for more. The file's name tells the format: .csv, .vtt or .srt \
      (subtitles), .otio (editing), .activitynet.json, .labelstudio.json. Or say it first, as in csv=FILE.
      """, valueName: "path"), transform: ExportFile.init)
  var out: [ExportFile] = []

  var areWanted: Bool { html != nil || !out.isEmpty }

  /// Refuses what can be told from the arguments alone.
  func check(for videos: [FilePath]) throws {
    if videos.count > 1, let single = out.first(where: { !$0.format.takesSeveral }) {
      throw ValidationError(
        "--out \(single.path.shown) holds one video: run each by itself, "
          + "or take \(ExportFormat.allNames { $0.takesSeveral }), which hold several.")
    }
    let names = videos.map(ActivityNetExport.name)
    if out.contains(where: { $0.format == .activitynet }), Set(names).count < names.count {
      throw ValidationError("ActivityNet's form tells videos apart by name, and two have the same.")
    }
  }

  /// Checks before the work that all files can be written, each to a place of its own.
  func requireWritable(beside read: [FilePath?]) throws(CommandError) {
    let paths = out.map(\.path) + (html.map { [$0] } ?? [])
    for path in paths { try Files.requireWritableText(path) }
    try Files.requireOwnPlaces(paths, beside: read)
  }

  /// Writes all files.
  func write(
    _ videos: [VideoTimeline], _ scorer: LabelScorer, _ settings: SegmentSettings,
    about setting: [(name: String, value: String)]
  ) throws {
    for file in out {
      let text = file.format.text(of: videos, labels: scorer.labels, in: file.path.folder)
      try Files.replace(file.path, with: Array(text.utf8))
    }
    guard let html else { return }
    let page = TimelinePage(
      videos: videos, labels: scorer.labels, settings: settings, setting: setting,
      folder: html.folder)
    try Files.replace(html, with: Array(page.text.utf8))
  }
}
