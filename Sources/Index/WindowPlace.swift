import System
import Text

/// The place that a row of an archive stands for: a window of a video.
public struct WindowPlace: Sendable {
  /// The video's path as the archive has it, UTF-8 without NUL.
  public private(set) var path: [UInt8] = []
  /// Seconds from the video's beginning.
  public private(set) var start = 0.0
  public private(set) var end = 0.0

  private static let maximumText = LinesFile.longest

  /// Reads a row's line, a JSON object.
  init(line: UnsafeRawBufferPointer) throws(Failure) {
    var json = JSONReader(line, maximumDepth: 8, maximumKeys: 64, subject: "")
    var hasPath = false
    try json.beginObject()
    while let key = try json.nextKey(atMost: 256) {
      switch key {
      case "path":
        path = Array(try json.string(atMost: WindowPlace.maximumText).utf8)
        hasPath = true
      case "start": start = try WindowPlace.seconds(&json)
      case "end": end = try WindowPlace.seconds(&json)
      default: try json.skip(atMost: WindowPlace.maximumText)
      }
    }
    try json.finish()
    guard hasPath, !path.isEmpty, !path.contains(0) else { throw .invalid("it names no path") }
    guard start <= end else { throw .invalid("its start, \(start), is after its end, \(end)") }
  }

  /// A finite number of seconds; null is 0.
  private static func seconds(_ json: inout JSONReader) throws(Failure) -> Double {
    if try json.kind() == .null {
      try json.null()
      return 0
    }
    return try json.number()
  }

  /// Whether `other` is a window of the same video that this one touches or overlaps.
  func touches(_ other: WindowPlace) -> Bool {
    start <= other.end && other.start <= end && path == other.path
  }
}
