/// A moment that was found, with the place where its video is.
struct FoundMoment {
  let moment: EmbeddingIndex.Moment
  /// The path to open.
  let video: FilePath
  /// Whether the video is there.
  let isHere: Bool

  init(_ moment: EmbeddingIndex.Moment, _ video: (file: FilePath, isHere: Bool)) {
    (self.moment, self.video, isHere) = (moment, video.file, video.isHere)
  }
}

/// The moments that a search found, as text for people and for programs.
struct SearchReport {
  let query: String
  let moments: [FoundMoment]

  func text(on terminal: Terminal) -> [String] {
    if moments.isEmpty { return ["nothing found"] }
    let times = moments.map { SearchReport.times($0.moment) }
    let width = times.map(Columns.of).max() ?? 0
    return moments.indices.map { place in
      let found = moments[place]
      return formatted("%7.4f  ", found.moment.score) + Columns.fit(times[place], width) + "  "
        + terminal.bold(printable(found.moment.path.shown))
        + (found.isHere ? "" : "  (not here)")
    }
  }

  /// "0:12.00 to 0:14.50", with hours once there are some.
  static func times(_ moment: EmbeddingIndex.Moment) -> String {
    "\(clock(moment.start)) to \(clock(moment.end))"
  }

  static func clock(_ seconds: Double) -> String {
    let hundredths = Int64((max(0, min(seconds, 1e9)) * 100).rounded())
    let (minutes, rest) = (hundredths / 6000, hundredths % 6000)
    let end = formatted("%02lld.%02lld", rest / 100, rest % 100)
    return minutes < 60
      ? "\(minutes):" + end : "\(minutes / 60):" + formatted("%02lld:", minutes % 60) + end
  }

  var json: [String] {
    moments.map { found in
      let moment = found.moment
      let line: JSONValue = [
        "path": .string(moment.path.shown), "start": .double(moment.start), "end": .double(moment.end),
        "score": .double(moment.score), "peak_start": .double(moment.peakStart),
        "peak_end": .double(moment.peakEnd),
      ]
      return line.text
    }
  }

  var csv: [String] {
    ["video,label,start,end,score"]
      + moments.map { found in
        [
          CSVField.exact(found.moment.path.shown), CSVField.quoted(query),
          found.moment.start.description, found.moment.end.description, found.moment.score.description,
        ].joined(separator: ",")
      }
  }

  /// Commands that cut out the moments whose videos are there, without decoding them: a part begins at the key frame before its start.
  var ffmpeg: [String] {
    moments.enumerated().filter(\.element.isHere).map { place, found in
      let moment = found.moment
      let suffix = found.video.suffix
      let name =
        formatted("%03d_", place + 1) + found.video.stem + formatted("_%.2f-%.2f", moment.start, moment.end)
      return
        "ffmpeg -nostdin -n -ss \(formatted("%.3f", moment.start)) -i \(SearchReport.quoted("file:" + String(decoding: found.video.bytes, as: UTF8.self))) "
        + "-t \(formatted("%.3f", moment.end - moment.start)) -c copy "
        + SearchReport.quoted("./" + name + "." + (suffix.isEmpty ? "mp4" : suffix))
    }
  }

  /// A text as one word of a shell.
  static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
}
