import CGuest
import Model
import Preprocess
import System
import Video

// Adding clips: what is kept of them follows from how their pixels are drawn.
extension ModelTuner {
  /// Whether T frames are drawn from those of a clip, in place of a view.
  public var drawsFrames: Bool { options.draws.jitters }

  private var size: Int { configuration.imageSize }

  /// Whether a clip keeps whole pictures, since crops are drawn from them.
  private func keepsPictures(isHeldOut: Bool) -> Bool { !isHeldOut && options.draws.augmentation != .none }

  private func append(_ clip: TunedClip, isHeldOut: Bool) throws(Failure) {
    // If memory was refused, parts of the clip lie in CGuest's reserve, which the call must give back.
    guard cguest_memory_was_refused() == 0 else { throw .outOfMemory("a clip") }
    try (isHeldOut ? heldOut : trained).append(clip)
  }

  /// Adds a part of a video, whose frames are spread over `views` views.
  public func add(
    _ file: VideoFile, in span: TimeSpan, views: Int, _ options: PreprocessOptions,
    labels: UnsafeBufferPointer<Int32>, isHeldOut: Bool
  ) throws(Failure) {
    let labels = try checked(labels)
    let frames = try KeptFrames(views: views, of: self.frames)
    file.beginCall()
    let clip =
      if keepsPictures(isHeldOut: isHeldOut) {
        try TunedClip(labels, frames, pictures(of: file, in: span, frames, options), normalization(options))
      } else {
        try TunedClip(labels, frames, crops(of: file, in: span, frames, options))
      }
    try append(clip, isHeldOut: isHeldOut)
  }

  private func normalization(_ options: PreprocessOptions) throws(Failure) -> CropNormalization {
    try CropNormalization(size: size, options: options)
  }

  private func crops(
    of file: VideoFile, in span: TimeSpan, _ frames: KeptFrames, _ options: PreprocessOptions
  ) throws(Failure) -> TunedCrops {
    try checkRoom(product([frames.count, numbersPerFrame], "views"))
    let crops = try TunedCrops(frames: frames.count, size: size, options)
    try read(file, in: span, frames) {
    } emit: { (picture, positions) throws(Failure) in
      let place = frames.place(positions.lowerBound)
      try crops.set(place, picture)
      for other in positions.dropFirst() { crops.copy(place, to: frames.place(other)) }
    }
    return crops
  }

  private func pictures(
    of file: VideoFile, in span: TimeSpan, _ frames: KeptFrames, _ options: PreprocessOptions
  ) throws(Failure) -> TunedPictures {
    let bytes = try ClipPictures.bytes(width: file.width, height: file.height, size: size)
    try checkRoom(product([frames.count, bytes], "views"))
    let pictures = try TunedPictures(frames: frames.count, size: size, options)
    try read(file, in: span, frames) {
      pictures.removeAll()
    } emit: { (picture, positions) throws(Failure) in
      for _ in positions { try pictures.append(picture) }
    }
    pictures.order { frames.place($0) }
    return pictures
  }

  /// Reads the frames of views in order of time.
  private func read(
    _ file: VideoFile, in span: TimeSpan, _ frames: KeptFrames, begin: () -> Void,
    emit: (FrameView, _ positions: Range<Int>) throws(Failure) -> Void
  ) throws(Failure) {
    try file.readChosenFrames(count: frames.count, in: span, by: loaded.preset.sampling, begin: begin) {
      (frame, positions) throws(Failure) in
      try checkCancelled()
      let image = try ImageView(
        base: frame.pixels, width: frame.width, height: frame.height, rowStride: frame.stride, format: .rgb)
      try emit(FrameView(image), positions)
    }
  }

  /// Adds a part of a video file that `open` opens, and that is decoded at each draw.
  public func add(
    file open: @escaping @Sendable () throws(Failure) -> VideoFile, in span: TimeSpan,
    _ options: PreprocessOptions, labels: UnsafeBufferPointer<Int32>, isHeldOut: Bool
  ) throws(Failure) {
    let labels = try checked(labels)
    let file = try TunedFile(open, in: span, by: loaded.preset.sampling, size: size, options)
    try append(
      TunedClip(labels, frames: frames, file, normalization(options)), isHeldOut: isHeldOut)
  }

  /// Adds pictures.
  public func add(
    _ pictures: UnsafeBufferPointer<FrameView>, _ frames: KeptFrames, _ options: PreprocessOptions,
    labels: UnsafeBufferPointer<Int32>, isHeldOut: Bool
  ) throws(Failure) {
    let labels = try checked(labels)
    func each(_ take: (Int, FrameView) throws(Failure) -> Void) throws(Failure) {
      for index in pictures.indices {
        try checkCancelled()
        do throws(Failure) { try take(index, pictures[index]) } catch {
          throw error.about("frames[\(index)]")
        }
      }
    }
    let clip: TunedClip
    if keepsPictures(isHeldOut: isHeldOut) {
      var bytes = 0
      for picture in pictures {
        bytes += try ClipPictures.bytes(width: picture.width, height: picture.height, size: size)
      }
      try checkRoom(bytes)
      let kept = try TunedPictures(frames: pictures.count, size: size, options)
      try each { (_, picture) throws(Failure) in try kept.append(picture) }
      clip = try TunedClip(labels, frames, kept, normalization(options))
    } else {
      try checkRoom(product([pictures.count, numbersPerFrame], "frames"))
      let crops = try TunedCrops(frames: pictures.count, size: size, options)
      try each(crops.set)
      clip = TunedClip(labels, frames, crops)
    }
    try append(clip, isHeldOut: isHeldOut)
  }

  /// Adds normalised pixels [frames, 3, S, S].
  public func add(
    pixels: UnsafePointer<Float>, _ frames: KeptFrames, labels: UnsafeBufferPointer<Int32>,
    isHeldOut: Bool
  ) throws(Failure) {
    let labels = try checked(labels)
    try checkRoom(product([frames.count, numbersPerFrame, 4], "pixels"))
    let clip = try TunedClip(labels, frames, pixels: pixels, numbersPerFrame: numbersPerFrame)
    try append(clip, isHeldOut: isHeldOut)
  }
}
