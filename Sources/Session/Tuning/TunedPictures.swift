import Digest
import Preprocess
import System

/// A clip's frames as whole pictures, from which crops are drawn anew. They are appended in one thread, before the clip
/// is made.
final class TunedPictures: @unchecked Sendable {
  // Unchecked: nothing changes once the clip is made.
  private let pictures: ClipPictures
  /// The place of each of the clip's frames among the pictures.
  private var places: GrowingArray<Int32>
  private let size: Int
  private let options: PreprocessOptions

  /// Room for `frames` pictures, of which crops of side `size` are drawn.
  init(frames: Int, size: Int, _ options: PreprocessOptions) throws(Failure) {
    pictures = try ClipPictures(size: size, expected: frames)
    places = GrowingArray()
    _ = try Preprocessor(size: size, options: options)
    (self.size, self.options) = (size, options)
  }

  var bytes: Int { pictures.byteCount }
  /// Bytes of the largest picture.
  var largestPicture: Int { pictures.largestByteCount }

  func append(_ picture: FrameView) throws(Failure) {
    let place = Int32(clamping: pictures.count)
    try pictures.append(picture, onWhite: options.mode.laysOnWhite)
    try places.append(place)
  }

  func removeAll() {
    pictures.removeAll()
    places.removeAll()
  }

  /// Makes the picture that was appended as the i-th that of the frame `frame(i)`, which are all of them.
  func order(_ frame: (Int) -> Int) {
    for index in 0..<places.count { places[frame(index)] = Int32(clamping: index) }
  }

  private func places(of frames: [Int]) -> [Int] { frames.map { Int(places[$0]) } }

  /// Draws the crops of the pictures of `frames`, [frames, S, S, 3].
  func draw(
    _ frames: [Int], _ draw: ClipDraw, by augmentation: ClipAugmentation,
    to crops: UnsafeMutablePointer<UInt8>
  ) throws(Failure) {
    try augmentation.draw(
      pictures, frames: places(of: frames), mirrors: draw.mirrors, draw.pixels, to: crops)
  }

  /// Writes the crops of test time, [frames, S, S, 3].
  func crop(_ frames: [Int], to crops: UnsafeMutablePointer<UInt8>) throws(Failure) {
    let preprocessor = try Preprocessor(size: size, options: options)
    let bytes = 3 * size * size
    for (position, place) in places(of: frames).enumerated() {
      try preprocessor.crop(
        pictures[place], into: UnsafeMutableBufferPointer(start: crops + position * bytes, count: bytes))
    }
  }

  func add(to sha: inout SHA256) {
    options.add(to: &sha)
    sha.update(UnsafeRawBufferPointer(places.view))
    pictures.forEachPiece { sha.update($0) }
  }
}
