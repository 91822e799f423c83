import Digest
import Model
import Numerics
import Preprocess
import System

/// A clip of a tuner: its labels, and where its pixels come from. It never changes.
final class TunedClip: Sendable {
  /// Indices of the tuner's labels, ascending.
  let labels: GrowingArray<Int32>
  private let frames: KeptFrames
  private let storage: Storage

  private enum Storage: Sendable {
    /// Crops [frames, S, S, 3], which are normalised when they are asked for.
    case crops(TunedCrops)
    /// Normalised pixels [frames, 3, S, S].
    case pixels(FloatBuffer)
    /// Whole pictures, of which crops are drawn.
    case pictures(TunedPictures, CropNormalization)
    /// A file that is decoded at each draw.
    case file(TunedFile, CropNormalization)
  }

  private init(
    _ labels: consuming GrowingArray<Int32>, _ frames: KeptFrames, _ storage: Storage
  ) {
    self.labels = labels
    (self.frames, self.storage) = (frames, storage)
  }

  convenience init(
    _ labels: consuming GrowingArray<Int32>, _ frames: KeptFrames, _ crops: TunedCrops
  ) {
    self.init(labels, frames, .crops(crops))
  }

  /// A clip of normalised pixels [frames, 3, S, S], which are copied.
  convenience init(
    _ labels: consuming GrowingArray<Int32>, _ frames: KeptFrames, pixels: UnsafePointer<Float>,
    numbersPerFrame: Int
  ) throws(Failure) {
    let copy = try FloatBuffer(count: product([frames.count, numbersPerFrame], "pixels"))
    copy.base.update(from: pixels, count: copy.count)
    guard copy.isFinite else { throw Failure(.notFinite, "the pixels hold NaN or infinity") }
    self.init(labels, frames, .pixels(copy))
  }

  convenience init(
    _ labels: consuming GrowingArray<Int32>, _ frames: KeptFrames, _ pictures: TunedPictures,
    _ normalization: CropNormalization
  ) {
    self.init(labels, frames, .pictures(pictures, normalization))
  }

  /// A clip of a file, of which T frames are decoded at each draw.
  convenience init(
    _ labels: consuming GrowingArray<Int32>, frames perView: Int, _ file: TunedFile,
    _ normalization: CropNormalization
  ) {
    self.init(labels, KeptFrames(run: perView, of: perView), .file(file, normalization))
  }

  /// Bytes that the pixels take.
  var bytes: Int {
    switch storage {
    case .crops(let crops): crops.bytes
    case .pixels(let pixels): 4 * pixels.count
    case .pictures(let pictures, _): pictures.bytes
    case .file: 0
    }
  }

  /// Views that a step draws one of.
  var views: Int { frames.views ?? 1 }

  /// Whether crops are made at each draw, from pictures or a file.
  var makesCrops: Bool {
    switch storage {
    case .crops, .pixels: false
    case .pictures, .file: true
    }
  }

  /// Bytes that drawing the clip's crops takes beside them.
  func drawBytes(_ augmentation: Augmentation) throws(Failure) -> Int {
    switch storage {
    case .crops, .pixels: return 0
    case .pictures(let pictures, _):
      return ClipAugmentation.workBytes(augmentation, picture: pictures.largestPicture)
    case .file(let file, _):
      guard augmentation != .none else { return 0 }
      let work = ClipAugmentation.workBytes(augmentation, picture: file.pictureBytes)
      return try product([frames.perView, file.pictureBytes], "frames") + work
    }
  }

  /// Whether a view's pixels are the same at each draw by `rules`.
  func isStable(_ rules: DrawRules) -> Bool {
    switch storage {
    case .crops, .pixels: !rules.jitters
    case .pictures: false
    case .file: !rules.jitters && rules.augmentation == .none
    }
  }

  /// Writes a draw's pixels [T, 3, S, S], as those of the batch's clip at `place`: `drawn` keeps crops that are made.
  func write(
    _ draw: ClipDraw, as place: Int, _ drawn: DrawnCrops, to pixels: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    switch storage {
    case .crops(let crops): crops.write(draw.places(in: frames), to: pixels)
    case .pixels(let own): write(draw.places(in: frames), of: own, to: pixels)
    case .pictures(let pictures, let normalization):
      let crops = try drawn.crops(place) { (augmentation, crops) throws(Failure) in
        try pictures.draw(draw.places(in: frames), draw, by: augmentation, to: crops)
      }
      normalization.apply(crops, count: frames.perView, to: pixels)
    case .file(let file, let normalization):
      let crops = try drawn.crops(place) { (augmentation, crops) throws(Failure) in
        try file.draw(draw, frames: frames.perView, by: augmentation, to: crops)
      }
      normalization.apply(crops, count: frames.perView, to: pixels)
    }
  }

  /// Writes the pixels [T, 3, S, S] that the first view has at test time.
  func writeAtTestTime(to pixels: UnsafeMutablePointer<Float>) throws(Failure) {
    let places = frames.view(0)
    switch storage {
    case .crops(let crops): crops.write(places, to: pixels)
    case .pixels(let own): write(places, of: own, to: pixels)
    case .pictures(let pictures, let normalization):
      let crops = try GrowingArray<UInt8>(uninitialized: places.count * normalization.numbers)
      try pictures.crop(places, to: crops.base)
      normalization.apply(crops.base, count: places.count, to: pixels)
    case .file(let file, let normalization):
      let crops = try GrowingArray<UInt8>(uninitialized: frames.perView * normalization.numbers)
      try file.crop(frames: frames.perView, to: crops.base)
      normalization.apply(crops.base, count: frames.perView, to: pixels)
    }
  }

  private func write(_ places: [Int], of own: FloatBuffer, to pixels: UnsafeMutablePointer<Float>) {
    let numbers = own.count / max(frames.count, 1)
    for (position, place) in places.enumerated() {
      (pixels + position * numbers).update(from: own.base + place * numbers, count: numbers)
    }
    extendLifetime(own)
  }

  /// Adds the clip's labels to a hash that tells lists of clips apart.
  func addLabels(to sha: inout SHA256) {
    sha.add("\(labels.count) labels")
    sha.update(UnsafeRawBufferPointer(labels.view))
  }

  /// Adds everything that the clip's pixels follow from to a hash that tells lists of clips apart.
  func addPixels(to sha: inout SHA256) {
    sha.add("clip \(frames.count) \(frames.views ?? 0)")
    switch storage {
    case .crops(let crops): crops.add(to: &sha)
    case .pixels(let pixels):
      sha.update(UnsafeRawBufferPointer(pixels.buffer))
      extendLifetime(pixels)
    case .pictures(let pictures, _): pictures.add(to: &sha)
    case .file(let file, _): file.add(to: &sha)
    }
  }
}

extension PreprocessOptions {
  /// Adds everything that pixels depend on to a hash that tells clips apart.
  func add(to sha: inout SHA256) {
    let numbers = [mean.0, mean.1, mean.2, std.0, std.1, std.2].map { "\($0)" }.joined(separator: " ")
    sha.add("\(mode) \(crop) \(shortSide ?? 0) \(numbers)")
  }
}

extension CropNormalization {
  /// Normalises `count` crops [count, S, S, 3] to `pixels` [count, 3, S, S].
  fileprivate func apply(_ crops: UnsafePointer<UInt8>, count: Int, to pixels: UnsafeMutablePointer<Float>) {
    for crop in 0..<count { apply(crops + crop * numbers, to: pixels + crop * numbers) }
  }
}
