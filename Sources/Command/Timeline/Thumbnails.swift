import CActionCLIP

/// Small pictures of a video at equal distances, cut as the model sees them.
struct Thumbnails {
  /// The pictures with the times at which they are shown, ascending.
  let pictures: [(seconds: Double, picture: Bitmap)]

  /// The largest number of pictures.
  private static let count = 20

  init(of video: Video, for model: Model, resize: Resize?) throws(LibraryError) {
    let frames = try video.outline().frame_count
    let count = min(Int64(Thumbnails.count), frames)
    let (squares, seconds) = try video.squares(
      at: (0..<count).map { (2 * $0 + 1) * frames / (2 * count) }, for: model, resize: resize,
      crops: [Int32(ACTIONCLIP_CROP_CENTER)])
    let side = Int(model.info.image_size)
    let size = side * side * 3
    pictures = seconds.enumerated().map { place, time in
      (time, Bitmap(squares: squares[0][place * size..<(place + 1) * size], side: side))
    }
  }
}
