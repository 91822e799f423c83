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
            "children": .array(video.segments.compactMap(item)),
          ]
        ],
      ],
    ]
  }

  /// A clip or a gap; nil for a segment shorter than a frame.
  private func item(_ segment: VideoTimeline.Segment) -> JSONValue? {
    let (first, end) = (video.frame(at: segment.start), video.frame(at: segment.end))
    guard end > first else { return nil }
    let shared: [JSONValue.Member] = [
      .init(key: "source_range", value: range(segment.label == nil ? 0 : first, end - first)),
      .init(key: "effects", value: []), .init(key: "markers", value: []), .init(key: "enabled", value: true),
    ]
    guard let label = segment.label else {
      return .object(
        [
          .init(key: "OTIO_SCHEMA", value: "Gap.1"), .init(key: "metadata", value: [:]),
          .init(key: "name", value: ""),
        ] + shared)
    }
    return .object(
      [
        .init(key: "OTIO_SCHEMA", value: "Clip.1"),
        .init(
          key: "metadata",
          value: [
            "actionclip": ["label": .string(labels[label]), "probability": .double(segment.probability)]
          ]),
        .init(key: "name", value: .string(printable(labels[label]))),
      ] + shared + [.init(key: "media_reference", value: media)])
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
