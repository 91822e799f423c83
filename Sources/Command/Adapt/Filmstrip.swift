import CActionCLIP

/// A few pictures of a clip side by side, cut as the model sees them, in one file that a page can hold.
struct Filmstrip {
  private let bitmap: Bitmap

  private static let pictures = 3

  /// Reads pictures from the beginning, the middle and the end of a clip.
  init(of path: FilePath, _ row: VideoList.Row, for encoder: VideoEncoder) throws(LibraryError) {
    let model = encoder.model
    let squares = try Video.open(path, encoder.opening, row.frames) {
      (video) throws(LibraryError) in
      let all: Range<Int64> = 0..<(try video.outline().frame_count)
      let part = try row.span.map { (span) throws(LibraryError) in try video.frames(in: span) } ?? all
      let places = (0..<Filmstrip.pictures).map { place in
        part.lowerBound + Int64(part.count) * Int64(2 * place + 1) / Int64(2 * Filmstrip.pictures)
      }
      return try video.squares(
        at: places, for: model, resize: encoder.resize, crops: Views.single.cropPositions
      ).squares[0]
    }
    bitmap = Bitmap(squares: squares[...], side: Int(model.info.image_size))
  }

  /// The pictures as an address that holds the file itself.
  var address: String { bitmap.address }
}
