import System
internal import Text

/// Advice for a path that is not a regular file: how to give the video otherwise.
enum PathAdvice {
  /// The message that follows the video's name; nil if there is no advice.
  static func advice(on path: FilePath, _ failure: OpenFailure) -> String? {
    if case .notRegular(let kind) = failure { return notRegular(kind) }
    if path.bytes.elementsEqual("-".utf8) {
      return "would be the standard input, and only files are read: \(save) \(ofBytes)"
    }
    guard isAddress(path.bytes) else { return nil }
    return
      "is an address, and only files are read: save it first (for example with ffmpeg -i ADDRESS -c copy "
      + "video.mkv), \(ofBytes)"
  }

  /// The message for a folder, pipe, socket or device.
  private static func notRegular(_ kind: FileKind) -> String {
    switch kind {
    case .directory: "is a folder, not a regular file: give the path of a video in it"
    case .fifo: "is a pipe, not a regular file: \(save) \(ofBytes)"
    case .socket: "is a socket, not a regular file: \(save) \(ofBytes)"
    case .device:
      "is a device, not a regular file: give the frames of a camera themselves"
    case .other: "is not a regular file"
    }
  }

  private static let save = "save what comes from it first,"
  private static let ofBytes = "or read it into memory and open that"
}
