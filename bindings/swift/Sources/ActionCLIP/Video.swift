import CActionCLIP

/// An open video file, which one thread uses at a time. It is closed when it goes out of scope.
public struct Video: ~Copyable, @unchecked Sendable {
  let handle: OpaquePointer

  /// Opens the best video stream of a file. `configure` changes options of opening.
  public init(_ path: String, configure: (inout actionclip_video_options) -> Void = { _ in }) throws(Failure)
  {
    var options = actionclip_video_options()
    actionclip_video_options_init(&options)
    configure(&options)
    handle = try made { actionclip_video_open(path, &options, $0) }
  }

  deinit { actionclip_video_free(handle) }

  /// Returns the video's properties, without decoding it where possible; then `damaged_frames` is -1, unknown.
  public mutating func outline() throws(Failure) -> actionclip_video_info {
    var info = actionclip_video_info()
    info.struct_size = UInt32(MemoryLayout<actionclip_video_info>.size)
    try check(actionclip_video_get_outline(handle, &info))
    return info
  }

  /// Reads frames by their numbers, from 0 on: RGB bytes, [indices, height, width, 3].
  public mutating func frames(at indices: [Int64]) throws(Failure) -> [UInt8] {
    let info = try outline()
    var rgb = [UInt8](repeating: 0, count: indices.count * Int(info.width) * Int(info.height) * 3)
    try check(actionclip_video_read_frames(handle, indices, indices.count, &rgb, rgb.count, nil, 0))
    return rgb
  }
}
