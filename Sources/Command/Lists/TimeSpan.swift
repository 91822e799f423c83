/// A part of a video, from `start` up to `end`, in seconds from the first frame; an end of infinity is the video's.
struct TimeSpan: Hashable {
  let start: Double
  let end: Double

  /// The part between two times of a list, nil for the whole video if neither is given.
  static func between(_ start: Double?, _ end: Double?) throws(CommandError) -> TimeSpan? {
    if start == nil, end == nil { return nil }
    let span = TimeSpan(start: start ?? 0, end: end ?? .infinity)
    guard span.start >= 0, span.start.isFinite else {
      throw CommandError("start is \(span.start); expected seconds from the video's beginning, 0 or more")
    }
    guard span.end > span.start else {
      throw CommandError("end is \(span.end); expected seconds, more than start, which is \(span.start)")
    }
    return span
  }

  /// Words for a message, after a path.
  var shown: String { end.isFinite ? "from \(start) s to \(end) s" : "from \(start) s on" }

  /// The members "start" and "end" of a JSON object; an end that is the video's is null.
  var members: [JSONValue.Member] {
    [.init(key: "start", value: .double(start)), .init(key: "end", value: .double(end))]
  }
}
