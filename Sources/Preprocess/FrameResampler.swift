import System
internal import CResample

/// A resize of pictures of one size, by any of the ways there are, and the memory for rows of frames that are converted
/// on the way. One thread at a time may use it.
struct FrameResampler: ~Copyable {
  private let way: Way
  private var rowMemory = GrowingArray<UInt8>()

  enum Way: ~Copyable {
    case pillow(Resampler)
    case alpha(AlphaResampler)
    case bilinear(BilinearResampler)

    func forEachRow(
      of picture: inout some PixelRows, _ source: Resampler.Source, emit: (Int, UnsafePointer<UInt8>) -> Void
    ) {
      switch self {
      case .pillow(let resampler): resampler.forEachRow(of: &picture, source, emit: emit)
      case .alpha(let resampler): resampler.forEachRow(of: &picture, emit: emit)
      case .bilinear(let resampler): resampler.forEachRow(of: &picture, emit: emit)
      }
    }
  }

  init(_ way: consuming Way) { self.way = way }

  /// Calls `emit` for each resized row, top to bottom, with RGB bytes. `source` says what becomes of alpha.
  @inline(__always)
  mutating func forEachRow(
    of frame: FrameView, _ source: Resampler.Source = .colours, emit: (Int, UnsafePointer<UInt8>) -> Void
  ) throws(Failure) {
    if var image = frame.image {
      way.forEachRow(of: &image, source, emit: emit)
      return
    }
    let needed = FrameRows.memoryBytes(frame)
    if rowMemory.count < needed { rowMemory = try GrowingArray(uninitialized: needed) }
    guard let isa = cresample_isa_at(0) else {
      throw .argument("no instruction set of resizing exists here")
    }
    var rows = FrameRows(frame, isa: isa, memory: rowMemory.base)
    way.forEachRow(of: &rows, source, emit: emit)
  }
}
