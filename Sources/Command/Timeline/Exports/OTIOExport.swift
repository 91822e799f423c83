/// A video's segments as a timeline of OpenTimelineIO: a track with a clip for each segment, named after its label, and
/// gaps where no label is shown. Times are whole frames at the video's mean rate.
struct OTIOExport {
  let video: VideoTimeline
  let labels: [String]
  /// The folder of the file, from which the video is found.
  let folder: FilePath

  var value: JSONValue {
    [
      "OTIO_SCHEMA": "Timeline.1", "metadata": [:], "name": .string(printable(video.path.stem)),
      "global_start_time": .null,
      "tracks": [
        "OTIO_SCHEMA": "Stack.1", "metadata": [:], "name": "tracks", "source_range": .null, "effects": [],
        "markers": [], "enabled": true,
        "children": [
          [
            "OTIO_SCHEMA": "Track.1", "metadata": [:], "name": "actions", "source_range": .null,
            "effects": [], "markers": [], "enabled": true, "kind": "Video",
            "children": .array(items),
          ]
        ],
      ],
    ]
  }

  /// The clips, and gaps where no label is shown. A segment shorter than a frame is left out.
  private var items: [JSONValue] {
    var items: [JSONValue] = []
    var next = 0
    func gap(until frame: Int) {
      if frame > next {
        items.append(item("Gap.1", name: "", range(0, frame - next), metadata: [:], media: []))
      }
      next = max(next, frame)
    }
    for (segment, label) in video.labelled {
      let (first, end) = (max(next, video.frame(at: segment.start)), video.frame(at: segment.end))
      guard end > first else { continue }
      gap(until: first)
      items.append(
        item(
          "Clip.1", name: printable(labels[label]), range(first, end - first),
          metadata: [
            "actionclip": ["label": .string(labels[label]), "probability": .double(segment.probability)]
          ],
          media: [.init(key: "media_reference", value: media)]))
      next = end
    }
    gap(until: video.frame(at: video.duration))
    return items
  }

  private func item(
    _ schema: JSONValue, name: String, _ range: JSONValue, metadata: JSONValue, media: [JSONValue.Member]
  ) -> JSONValue {
    .object(
      [
        .init(key: "OTIO_SCHEMA", value: schema), .init(key: "metadata", value: metadata),
        .init(key: "name", value: .string(name)), .init(key: "source_range", value: range),
        .init(key: "effects", value: []), .init(key: "markers", value: []),
        .init(key: "enabled", value: true),
      ] + media)
  }

  private var media: JSONValue {
    [
      "OTIO_SCHEMA": "ExternalReference.1", "metadata": [:], "name": .string(printable(video.path.name)),
      "available_range": range(0, video.frame(at: video.duration)),
      "target_url": .string(video.path.relative(to: folder).link),
    ]
  }

  private func range(_ first: Int, _ count: Int) -> JSONValue {
    ["OTIO_SCHEMA": "TimeRange.1", "start_time": time(first), "duration": time(count)]
  }

  private func time(_ frame: Int) -> JSONValue {
    ["OTIO_SCHEMA": "RationalTime.1", "rate": .double(video.frameRate), "value": .double(Double(frame))]
  }
}
