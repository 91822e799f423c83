/// The report of `timeline` on one video, for people and as a line of JSON.
struct TimelineReport {
  let labels: [String]
  let notes: ModelNotes

  /// A heading and a line for each segment.
  func text(_ name: String, _ found: VideoTimeline, _ terminal: Terminal) -> String {
    let count = found.windowCount
    let head = "\(terminal.bold(printable(name)))  (\(count) window\(count == 1 ? "" : "s"))"
    let room = max(1, terminal.columns - 32)
    func label(_ segment: VideoTimeline.Segment) -> String {
      segment.label.map { printable(labels[$0]) } ?? "(\(noneOfThese))"
    }
    let width = min(room, found.segments.map { Columns.of(label($0)) }.max() ?? 0)
    let rows = found.segments.map { segment in
      formatted("  %7.2f s to %7.2f s  ", segment.start, segment.end)
        + terminal.accent(Columns.fit(label(segment), width))
        + formatted("  %3.0f %%", segment.probability * 100)
    }
    return ([head] + rows).joined(separator: "\n")
  }

  func line(_ name: String, _ found: VideoTimeline) -> JSONValue {
    [
      "path": .string(name),
      "segments": .array(
        found.segments.map { segment in
          [
            "start": .double(segment.start), "end": .double(segment.end),
            "label": segment.label.map { .string(labels[$0]) } ?? .null,
            "probability": .double(segment.probability),
          ]
        }),
      "windows": .int(Int64(found.windowCount)), "damaged_frames": .int(found.damaged),
      "notes": notes.json, "error": .null,
    ]
  }

  /// The line about a video that could not be read.
  func line(_ name: String, error: String) -> JSONValue {
    [
      "path": .string(name), "segments": .array([]), "windows": .int(0), "damaged_frames": .null,
      "notes": notes.json, "error": .string(error),
    ]
  }
}
