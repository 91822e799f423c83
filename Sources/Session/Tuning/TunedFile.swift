import Digest
import Preprocess
import System
import Video

/// A part of a video file, which is opened and decoded at each draw. It keeps no pixels.
final class TunedFile: Sendable {
  /// Opens the file anew.
  typealias Opening = @Sendable () throws(Failure) -> VideoFile

  private let open: Opening
  private let span: TimeSpan
  private let sampling: FrameChoice
  private let size: Int
  private let options: PreprocessOptions
  /// The file as it was when it was added.
  private let version: RegularFile.Version?
  /// A hash of the file's size and both its ends; of a folder of frames the same of its first and its last picture, and
  /// the names and sizes of all. It stays the same where the file is moved or copied.
  private let digest: String
  /// Bytes of a decoded picture as augmentations keep it.
  let pictureBytes: Int

  /// Opens the file once, to see that it has the part.
  /// - Parameter size: S, the side of a crop.
  init(
    _ open: @escaping Opening, in span: TimeSpan, by sampling: FrameChoice, size: Int,
    _ options: PreprocessOptions
  ) throws(Failure) {
    let file = try open()
    file.beginCall()
    _ = try file.frames(in: span)
    _ = try Preprocessor(size: size, options: options)
    var sha = SHA256()
    sha.add("\(file.byteCount)")
    try file.forEachEnd { sha.update($0) }
    try file.forEachPicture { name, bytes in sha.add("\(name) \(bytes)") }
    pictureBytes = try ClipPictures.bytes(width: file.width, height: file.height, size: size)
    (self.open, self.span, self.sampling, self.size, self.options) = (open, span, sampling, size, options)
    (version, digest) = (file.version, sha.finish().hexadecimal)
  }

  /// Draws T crops, [T, S, S, 3].
  func draw(
    _ draw: ClipDraw, frames: Int, by augmentation: ClipAugmentation,
    to crops: UnsafeMutablePointer<UInt8>
  ) throws(Failure) {
    let choose: ((Int) -> [Int])? =
      draw.rules.jitters ? { draw.indices(of: $0, frames: frames) } : nil
    guard draw.rules.augmentation != .none else { return try crop(frames, choose, to: crops) }
    let pictures = try ClipPictures(size: size, expected: frames)
    var places: [Int] = []
    try read(frames, choose) {
      pictures.removeAll()
      places = []
    } emit: { (image, positions) throws(Failure) in
      places += positions.map { _ in pictures.count }
      try pictures.append(FrameView(image))
    }
    try augmentation.draw(pictures, frames: places, mirrors: draw.mirrors, draw.pixels, to: crops)
  }

  /// Writes the T crops of test time, [T, S, S, 3].
  func crop(frames: Int, to crops: UnsafeMutablePointer<UInt8>) throws(Failure) {
    try crop(frames, nil, to: crops)
  }

  private func crop(
    _ frames: Int, _ choose: ((Int) -> [Int])?, to crops: UnsafeMutablePointer<UInt8>
  ) throws(Failure) {
    let preprocessor = try Preprocessor(size: size, options: options)
    let bytes = 3 * size * size
    try read(frames, choose) {
    } emit: { (image, positions) throws(Failure) in
      let first = crops + positions.lowerBound * bytes
      try preprocessor.crop(image, into: UnsafeMutableBufferPointer(start: first, count: bytes))
      for other in positions.dropFirst() { (crops + other * bytes).update(from: first, count: bytes) }
    }
  }

  /// Decodes T frames: those that `choose` gives for the part's number of frames, or those of test time.
  private func read(
    _ frames: Int, _ choose: ((Int) -> [Int])?, begin: () -> Void,
    emit: (ImageView, _ positions: Range<Int>) throws(Failure) -> Void
  ) throws(Failure) {
    let file = try open()
    guard file.version == version else {
      throw Failure(
        .fileRead, "\(file.name) was changed after it was added to the tuner: add it to a new one")
    }
    func emitted(_ frame: VideoFrame, _ positions: Range<Int>) throws(Failure) {
      try checkCancelled()
      try emit(
        ImageView(
          base: frame.pixels, width: frame.width, height: frame.height, rowStride: frame.stride,
          format: .rgb), positions)
    }
    file.beginCall()
    if let choose {
      try file.readFrames(count: frames, in: span, choose: choose, begin: begin, emit: emitted)
    } else {
      try file.readChosenFrames(count: frames, in: span, by: sampling, begin: begin, emit: emitted)
    }
  }

  func add(to sha: inout SHA256) {
    sha.add("file \(digest) \(span.start) \(span.end) \(sampling)")
    options.add(to: &sha)
  }
}
