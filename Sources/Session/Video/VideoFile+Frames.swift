import System
import Video

extension VideoFile {
  /// Decodes the frames at `indices` (any order, repeats allowed), of a number that the video has: `rgb` [count, height,
  /// width, 3], and each one's `seconds` from the first frame if they are wanted. Both are written on success only.
  public func readFrames(
    _ indices: UnsafeBufferPointer<Int64>, rgb: UnsafeMutablePointer<UInt8>,
    seconds: UnsafeMutablePointer<Double>?
  ) throws(Failure) {
    // Decoding may fail half-way, so frames are gathered elsewhere first.
    let frameBytes = height * width * 3
    let (count, size) = (indices.count, try product([indices.count, frameBytes], "rgb_out"))
    let pixels = try GrowingArray<UInt8>(uninitialized: size)
    let times = try GrowingArray<Double>(uninitialized: count)
    try readPlaces(indices) { frame, place in
      let target = pixels.base + place * frameBytes
      for row in 0..<frame.height {
        (target + row * frame.width * 3).update(
          from: frame.pixels + row * frame.stride, count: frame.width * 3)
      }
      times.base[place] = frame.seconds
    }
    rgb.update(from: pixels.base, count: size)
    seconds?.update(from: times.base, count: count)
  }

  /// Calls `emit` once for every place in `indices`, decoding each wanted frame once; again where the video turns out to
  /// be damaged.
  private func readPlaces(
    _ indices: UnsafeBufferPointer<Int64>, emit: (VideoFrame, _ place: Int) -> Void
  ) throws(Failure) {
    let count = indices.count
    let places = try GrowingArray<Int>(uninitialized: count)
    for i in 0..<count { places.base[i] = i }
    places.buffer.heapSort { (indices[$0], $0) < (indices[$1], $1) }
    // A piece at a time: a piece's own lists are small, and going on costs nothing.
    var next = 0
    while next < count {
      let first = next
      let wasIndexed = isIndexed
      try readPiece(VideoFile.distinctFrames(indices, places.view, from: first)) {
        next = first
      } emit: { frame in
        while next < count, Int(indices[places.base[next]]) == frame.index {
          emit(frame, places.base[next])
          next += 1
        }
      }
      guard next > first else {
        throw Failure(.videoDecode, "\(next) of \(count) frames could be decoded again")
      }
      // The packets have not told the frames: those before may have been others.
      if wasIndexed, !isIndexed, first > 0 { next = 0 }
    }
  }

  /// The next frames that are wanted, each once, as many as are read at a time.
  private static func distinctFrames(
    _ indices: UnsafeBufferPointer<Int64>, _ places: UnsafeBufferPointer<Int>, from first: Int
  ) -> [Int] {
    let most = 1024
    var distinct: [Int] = []
    for place in places[first...] where distinct.last != Int(indices[place]) {
      if distinct.count == most { break }
      distinct.append(Int(indices[place]))
    }
    return distinct
  }

  private func readPiece(
    _ frames: [Int], begin: () -> Void, emit: (VideoFrame) -> Void
  ) throws(Failure) {
    do throws(VideoReadError<Never>) {
      try readFrames(frames, begin: begin) { (frame) throws(Never) in emit(frame) }
    } catch {
      switch error {
      case .video(let failure): throw failure
      }
    }
  }
}
