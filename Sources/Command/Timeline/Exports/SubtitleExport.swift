/// Subtitles that show each label while it happens.
enum SubtitleExport {
  case webVTT, subRip

  func text(of videos: [VideoTimeline], labels: [String]) -> String {
    var text = self == .webVTT ? "WEBVTT\n\n" : ""
    let cues = videos.flatMap(\.labelled)
    for (number, cue) in cues.enumerated() {
      let start = SubtitleExport.milliseconds(cue.segment.start)
      // A cue without a duration is not shown.
      let end = max(start + 1, SubtitleExport.milliseconds(cue.segment.end))
      text += "\(number + 1)\n\(clock(start)) --> \(clock(end))\n\(escaped(labels[cue.label]))\n\n"
    }
    return text
  }

  private static func milliseconds(_ seconds: Double) -> Int { Int((min(seconds, 1e9) * 1000).rounded()) }

  /// The time as 01:02:03.004 in WebVTT, 01:02:03,004 in SubRip.
  private func clock(_ time: Int) -> String {
    let seconds = time / 1000
    let mark = self == .webVTT ? "." : ","
    return formatted("%02d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60) + mark
      + formatted("%03d", time % 1000)
  }

  /// The label as one line of text. SubRip has no way to write a character that begins a tag: others that look like it
  /// stand in.
  private func escaped(_ label: String) -> String {
    let line = printable(label)
    let text = line.allSatisfy(\.isWhitespace) ? "(no name)" : line
    switch self {
    case .webVTT:
      return text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    case .subRip:
      return text.replacing("<", with: "‹").replacing(">", with: "›").replacing("{", with: "(")
        .replacing("}", with: ")")
    }
  }
}
