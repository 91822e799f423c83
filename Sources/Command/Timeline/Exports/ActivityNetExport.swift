/// Detections as ActivityNet's evaluation reads them: for each video its segments with label and score. A video is
/// known by its name without suffix and without the "v_" that the data set's files begin with.
enum ActivityNetExport {
  static func value(of videos: [VideoTimeline], labels: [String]) -> JSONValue {
    [
      "version": "VERSION 1.3",
      "results": .object(
        videos.map { video in
          .init(key: name(of: video.path), value: .array(video.labelled.map { detection($0, labels) }))
        }),
      "external_data": ["used": false, "details": ""],
    ]
  }

  static func name(of path: FilePath) -> String {
    let stem = path.stem
    return stem.hasPrefix("v_") && stem.count > 2 ? String(stem.dropFirst(2)) : stem
  }

  private static func detection(
    _ found: (segment: VideoTimeline.Segment, label: Int), _ labels: [String]
  ) -> JSONValue {
    [
      "label": .string(labels[found.label]), "score": .double(found.segment.probability),
      "segment": .array([.double(rounded(found.segment.start)), .double(rounded(found.segment.end))]),
    ]
  }

  /// A time in whole milliseconds.
  private static func rounded(_ seconds: Double) -> Double { (seconds * 1000).rounded() / 1000 }
}
