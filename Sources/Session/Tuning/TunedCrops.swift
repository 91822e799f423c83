import Digest
import Preprocess
import System

/// Crops of one clip, and how they are normalised. They are written in one thread, before the clip is made.
final class TunedCrops: @unchecked Sendable {
  // Unchecked: the bytes do not change once the clip is made.
  private let memory: GrowingArray<UInt8>  // [frames, S, S, 3]
  private let normalization: CropNormalization
  private let preprocessor: Preprocessor
  private let options: PreprocessOptions
  private let bytesPerCrop: Int

  /// Room for `frames` crops of side `size`.
  init(frames: Int, size: Int, _ options: PreprocessOptions) throws(Failure) {
    self.options = options
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

  /// Normalises the crops at `places` to `pixels` [places, 3, S, S].
  func write(_ places: [Int], to pixels: UnsafeMutablePointer<Float>) {
    for (position, place) in places.enumerated() {
      normalization.apply(memory.base + place * bytesPerCrop, to: pixels + position * bytesPerCrop)
    }
  }

  func add(to sha: inout SHA256) {
    options.add(to: &sha)
    sha.update(UnsafeRawBufferPointer(memory.view))
  }
}
