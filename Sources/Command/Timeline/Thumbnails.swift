/// Small pictures of a video at equal distances, cut as the model sees them.
struct Thumbnails {
  private let duration: Double
  private let side: Int
  /// The picture nearest to the middle of each part of the video.
  private var chosen: [(seconds: Double, picture: Bitmap)?]

  /// The largest number of pictures.
  private static let count = 20

  /// - Parameter side: the side of the model's pictures, in pixels.
  init(duration: Double, side: Int) {
    self.duration = duration
    self.side = side
    chosen = Array(repeating: nil, count: Thumbnails.count)
  }

  /// Takes the pictures that are nearer than those before.
  /// - Parameters:
  ///   - squares: RGB [times, side, side, 3].
  ///   - seconds: when each is shown.
  mutating func add(_ squares: [UInt8], at seconds: [Double]) {
    let size = side * side * 3
    let part = duration / Double(chosen.count)
    for (place, time) in seconds.enumerated() {
      let slot = part > 0 ? min(chosen.count - 1, max(0, Int(min(time / part, 1e6)))) : 0
      let middle = (Double(slot) + 0.5) * part
      if let kept = chosen[slot], abs(kept.seconds - middle) <= abs(time - middle) { continue }
      chosen[slot] = (time, Bitmap(squares: squares[place * size..<(place + 1) * size], side: side))
    }
  }

  /// The pictures with the times at which they are shown, ascending.
  var pictures: [(seconds: Double, picture: Bitmap)] { chosen.compactMap { $0 } }
}
