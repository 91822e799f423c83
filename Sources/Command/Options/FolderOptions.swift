import ArgumentParser

/// How folders of extracted frames are read, where a video is one.
struct FolderOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The names of the frames in folders, such as image_%05d.jpg or img_{:05}.jpg (default: the folder's only series, or img_).",
      valueName: "template"))
  var frameNames: FilePath?

  @Option(
    help: ArgumentHelp(
      "Frames per second of folders of frames (default: none, so parts cannot be given in seconds).",
      valueName: "number"))
  var frameRate: Double?

  /// How videos are opened with these options.
  /// - Parameter threads: decoder threads; nil: the default number.
  func opening(_ decode: Decode, threads: Int32?) -> VideoOpening {
    VideoOpening(threads: threads ?? 0, decode: decode, frameNames: frameNames, frameRate: frameRate)
  }

  func validate() throws {
    if let frameRate, !(frameRate > 0 && frameRate <= 100_000) {
      throw ValidationError("--frame-rate must be more than 0, and at most 100000.")
    }
  }
}
