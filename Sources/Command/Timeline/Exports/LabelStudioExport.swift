/// Tasks with predictions for Label Studio's video timeline: `<Video name="video" value="$video" frameRate="$fps"/>`
/// with `<TimelineLabels name="videoLabels" toName="video">`.
enum LabelStudioExport {
  static func value(of videos: [VideoTimeline], labels: [String]) -> JSONValue {
    .array(
      videos.map { video in
        [
          "data": [
            "video": .string("/data/local-files/?d=" + FilePath(bytes: Array(video.path.name.utf8)).link),
            "fps": .double(video.frameRate),
          ],
          "predictions": [
            [
              "model_version": "actionclip",
              "result": .array(
                video.labelled.enumerated().map { region($1, number: $0 + 1, in: video, labels) }),
            ]
          ],
        ]
      })
  }

  /// A region from its first frame to its last. Label Studio counts frames from 1.
  private static func region(
    _ found: (segment: VideoTimeline.Segment, label: Int), number: Int, in video: VideoTimeline,
    _ labels: [String]
  ) -> JSONValue {
    let first = video.frame(at: found.segment.start)
    let last = max(first, video.frame(at: found.segment.end) - 1)
    return [
      "id": .string("segment-\(number)"), "type": "timelinelabels", "from_name": "videoLabels",
      "to_name": "video", "origin": "prediction", "score": .double(found.segment.probability),
      "value": [
        "ranges": [["start": .int(Int64(first + 1)), "end": .int(Int64(last + 1))]],
        "timelinelabels": [.string(labels[found.label])],
      ],
    ]
  }
}
