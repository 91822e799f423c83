import CActionCLIP

/// The versions that the command was compiled against and that it runs with.
enum Version {
  static var compiled: String {
    "\(ACTIONCLIP_VERSION_MAJOR).\(ACTIONCLIP_VERSION_MINOR).\(ACTIONCLIP_VERSION_PATCH)"
  }

  static var library: String { String(cString: actionclip_version()) }

  static var description: String {
    "actionclip \(compiled), libactionclip \(library), ABI \(actionclip_abi_version())"
  }

  /// The version of FFmpeg, which is loaded for this.
  private static func ffmpeg() throws(LibraryError) -> String {
    var version: UnsafePointer<CChar>?
    try check(actionclip_ffmpeg_version(&version))
    return version.map { String(cString: $0) } ?? ""
  }

  /// The version of FFmpeg, or nil and why there is none.
  static var ffmpegOrReason: (version: String?, reason: String?) {
    do { return (try ffmpeg(), nil) } catch { return (nil, error.message) }
  }

  static var all: String {
    let ffmpeg = ffmpegOrReason
    return "\(description)\n\(ffmpeg.version ?? ffmpeg.reason ?? "")"
  }

  /// Refuses a library with another ABI, whose structs differ.
  static func requireMatchingLibrary() throws(CommandError) {
    let found = actionclip_abi_version()
    guard found == ACTIONCLIP_ABI_VERSION else {
      throw CommandError(
        "libactionclip has ABI \(found), this command needs \(ACTIONCLIP_ABI_VERSION): "
          + "install the two from one build")
    }
  }
}
