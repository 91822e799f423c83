import Digest
import Model
import Numerics
import Preprocess
import System

/// A clip of a tuner: its labels, and the pixels of each of its views. It never changes.
final class TunedClip: Sendable {
  /// Indices of the tuner's labels, ascending.
  let labels: GrowingArray<Int32>
  let views: Int
  /// Floats of one view, T·3·S·S.
  private let numbersPerView: Int
  private let storage: Storage

  private enum Storage: Sendable {
    /// Crops [views, T, S, S, 3], which are normalised when they are asked for.
    case crops(TunedCrops)
    /// Normalised pixels [views, T, 3, S, S].
    case pixels(FloatBuffer)
  }

  private init(_ labels: consuming GrowingArray<Int32>, views: Int, numbersPerView: Int, _ storage: Storage) {
    self.labels = labels
    (self.views, self.numbersPerView) = (views, numbersPerView)
    self.storage = storage
  }

  /// A clip of `views` views of crops.
  convenience init(_ labels: consuming GrowingArray<Int32>, views: Int, _ crops: TunedCrops) {
    self.init(labels, views: views, numbersPerView: crops.bytes / max(views, 1), .crops(crops))
  }

  /// A clip of normalised pixels [views, T, 3, S, S], which are copied.
  convenience init(
    _ labels: consuming GrowingArray<Int32>, views: Int, pixels: UnsafePointer<Float>, numbersPerView: Int
  ) throws(Failure) {
    let copy = try FloatBuffer(count: product([views, numbersPerView], "pixels"))
    copy.base.update(from: pixels, count: copy.count)
    guard copy.isFinite else { throw Failure(.notFinite, "the pixels hold NaN or infinity") }
    self.init(labels, views: views, numbersPerView: numbersPerView, .pixels(copy))
  }

  /// Bytes that the pixels take.
  var bytes: Int {
    switch storage {
    case .crops(let crops): crops.bytes
    case .pixels(let pixels): 4 * pixels.count
    }
  }

  /// Writes a view's pixels [T, 3, S, S].
  func write(view: Int, to pixels: UnsafeMutablePointer<Float>) {
    switch storage {
    case .crops(let crops): crops.write(from: view * numbersPerView, count: numbersPerView, to: pixels)
    case .pixels(let own):
      pixels.update(from: own.base + view * numbersPerView, count: numbersPerView)
      extendLifetime(own)
    }
  }

  /// Adds the clip to a hash that tells lists of clips apart.
  func add(to sha: inout SHA256) {
    let line = Array("clip \(views) \(labels.count)\n".utf8)
    line.withUnsafeBytes { sha.update($0) }
    sha.update(UnsafeRawBufferPointer(labels.view))
    switch storage {
    case .crops(let crops): crops.add(to: &sha)
    case .pixels(let pixels):
      sha.update(UnsafeRawBufferPointer(pixels.buffer))
      extendLifetime(pixels)
    }
  }
}

/// Crops of one clip, and how they are normalised. They are written in one thread, before the clip is made.
final class TunedCrops: @unchecked Sendable {
  // Unchecked: the bytes do not change once the clip is made.
  private let memory: GrowingArray<UInt8>  // [frames, S, S, 3]
  private let normalization: CropNormalization
  private let preprocessor: Preprocessor
  private let bytesPerCrop: Int

  /// Room for `frames` crops of side `size`.
  init(frames: Int, size: Int, _ options: PreprocessOptions) throws(Failure) {
    bytesPerCrop = try product([size, size, 3], "frames")
    let total = try product([frames, bytesPerCrop], "frames")
    preprocessor = try Preprocessor(size: size, options: options)
    normalization = try CropNormalization(size: size, options: options)
    do throws(Failure) { memory = try GrowingArray(repeating: 0, count: total) } catch {
      throw .outOfMemory("a clip of \(frames) crops")
    }
  }

  var bytes: Int { memory.count }

  /// Resizes and crops a picture to the crop at `place`.
  func set(_ place: Int, _ picture: FrameView) throws(Failure) {
    let start = memory.base + place * bytesPerCrop
    try preprocessor.crop(picture, into: UnsafeMutableBufferPointer(start: start, count: bytesPerCrop))
  }

  /// Copies one crop to another place.
  func copy(_ place: Int, to other: Int) {
    (memory.base + other * bytesPerCrop).update(from: memory.base + place * bytesPerCrop, count: bytesPerCrop)
  }

  /// Writes `count` numbers, those of whole crops, from the number `first` on.
  func write(from first: Int, count: Int, to pixels: UnsafeMutablePointer<Float>) {
    for offset in stride(from: 0, to: count, by: bytesPerCrop) {
      normalization.apply(memory.base + first + offset, to: pixels + offset)
    }
  }

  func add(to sha: inout SHA256) { sha.update(UnsafeRawBufferPointer(memory.view)) }
}
