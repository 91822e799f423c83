internal import Glibc
internal import Text

/// Advice for a path that is no regular file: only those are read, and most others have another way.
enum PathAdvice {
  /// The message after the video's name where no file was found; nil for an ordinary path.
  static func notFound(_ path: UnsafeRawBufferPointer) -> String? {
    if path.elementsEqual("-".utf8) {
      return "would be the standard input, and only files are read: \(save) \(ofBytes)"
    }
    guard isAddress(path) else { return nil }
    return
      "is an address, and only files are read: save it first (for example with ffmpeg -i ADDRESS -c copy "
      + "video.mkv), \(ofBytes)"
  }

  /// The message after the video's name for a folder, pipe, socket or device.
  static func notRegular(_ mode: mode_t) -> String {
    switch mode & S_IFMT {
    case S_IFDIR: "is a folder, not a regular file: give the path of a video in it"
    case S_IFIFO: "is a pipe, not a regular file: \(save) \(ofBytes)"
    case S_IFSOCK: "is a socket, not a regular file: \(save) \(ofBytes)"
    case S_IFCHR, S_IFBLK:
      "is a device, not a regular file: of a camera, give the frames themselves"
    default: "is not a regular file"
    }
  }

  private static let save = "save what comes from it first,"
  private static let ofBytes = "or read it into memory and open that"
}
