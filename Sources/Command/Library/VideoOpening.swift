import CActionCLIP

/// Options by which videos are opened: files, and folders of extracted frames.
struct VideoOpening {
  /// Decoder threads; 0: the default number.
  let threads: Int32
  var decode: Decode
  /// A template of the names of frames in folders; nil: the library chooses.
  var frameNames: FilePath?
  /// Frames per second of folders of frames; nil: not known.
  var frameRate: Double?

  /// The path to open: in a folder of frames, the template of their names.
  func path(_ path: FilePath) -> FilePath {
    guard let frameNames, path.isFolder else { return path }
    return frameNames.inside(path)
  }

  func options(_ frames: ListedFrames?) -> actionclip_video_options {
    var options = actionclip_video_options()
    actionclip_video_options_init(&options)
    options.threads = threads
    options.decode = decode.code
    options.frame_rate = frameRate ?? 0
    options.first_frame = Int64(frames?.first ?? 0)
    options.frame_count = Int64(frames?.count ?? 0)
    return options
  }
}
