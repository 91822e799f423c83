import ArgumentParser

/// Options for videos that are folders of extracted frames.
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

  /// The way to open videos that these options ask for.
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
