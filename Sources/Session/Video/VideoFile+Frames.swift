import System
import Video

extension VideoFile {
  /// Decodes the frames at `indices`, which must be below the video's number of frames, in any order, repeats allowed:
  /// `rgb` [count, height, width, 3] and, unless nil, `seconds` [count] from the first frame. Both are written on
  /// success only.
  public func readFrames(
    _ indices: UnsafeBufferPointer<Int64>, rgb: UnsafeMutablePointer<UInt8>,
    seconds: UnsafeMutablePointer<Double>?
  ) throws(Failure) {
    // Decoding may fail half-way, so frames are collected in other memory first.
    let frameBytes = height * width * 3
    let (count, size) = (indices.count, try product([indices.count, frameBytes], "rgb_out"))
    let pixels = try GrowingArray<UInt8>(uninitialized: size)
    let times = try GrowingArray<Double>(uninitialized: count)
    try readAll(indices) { frame, position in
      let target = pixels.base + position * frameBytes
      for row in 0..<frame.height {
        (target + row * frame.width * 3).update(
          from: frame.pixels + row * frame.stride, count: frame.width * 3)
      }
      times.base[position] = frame.seconds
    }
    rgb.update(from: pixels.base, count: size)
    seconds?.update(from: times.base, count: count)
  }

  /// Calls `emit` once for every position in `indices`, and decodes each wanted frame once. If the video turns out to
  /// be damaged, `emit` is called again for positions that it had.
  private func readAll(
    _ indices: UnsafeBufferPointer<Int64>, emit: (VideoFrame, _ position: Int) -> Void
  ) throws(Failure) {
    let count = indices.count
    let order = try GrowingArray<Int>(uninitialized: count)
    for i in 0..<count { order.base[i] = i }
    order.buffer.heapSort { (indices[$0], $0) < (indices[$1], $1) }
    // Frames are read in pieces, whose lists stay small. Continuing costs nothing.
    var next = 0
    while next < count {
      let first = next
      let wasIndexed = isIndexed
      try readPiece(VideoFile.distinctFrames(indices, order.view, from: first)) {
        next = first
      } emit: { frame in
        while next < count, Int(indices[order.base[next]]) == frame.index {
          emit(frame, order.base[next])
          next += 1
        }
      }
      guard next > first else {
        throw Failure(.videoDecode, "\(next) of \(count) frames could be decoded again")
      }
      // The numbering by packets was wrong, so earlier frames may have been other ones.
      if wasIndexed, !isIndexed, first > 0 { next = 0 }
    }
  }

  /// The next distinct frame indices from position `first` of the sorted `order`, at most one piece.
  private static func distinctFrames(
    _ indices: UnsafeBufferPointer<Int64>, _ order: UnsafeBufferPointer<Int>, from first: Int
  ) -> [Int] {
    let maxCount = 1024
    var distinct: [Int] = []
    for position in order[first...] where distinct.last != Int(indices[position]) {
      if distinct.count == maxCount { break }
      distinct.append(Int(indices[position]))
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
