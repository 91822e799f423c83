import System

extension VideoFile {
  /// Passes the frames at `indices`, which must increase strictly, to `emit` in that order.
  ///
  /// Decoding continues from the previous reading if that ended before the first index, and starts again otherwise, so
  /// reading forward in several calls costs no more than in one. `begin` is called first, and again if reading starts
  /// over because damage was found; frames emitted before that do not count.
  /// - Throws: `.video` with `.invalidArgument` if an index is negative, out of order or not below the number of frames
  ///   (frames before it have been emitted by then); `.emit` with the error that `emit` threw.
  public func readFrames<Failure: Error>(
    _ indices: [Int], begin: () -> Void, emit: (VideoFrame) throws(Failure) -> Void
  ) throws(VideoReadError<Failure>) {
    do {
      try checkUsable()
      try checkOrder(indices)
      if let last = indices.last, let known = knownInfo ?? folder.map(outline(of:)) {
        try checkInside(last, known)
      }
    } catch { throw .video(error) }
    begin()
    if let folder { return try readPictures(indices, of: folder, emit: emit) }
    guard let first = indices.first else { return }
    if try readSelected(
      indices, ends: false, begin: { () throws(VideoReadError<Failure>) in begin() }, emit: emit)
    {
      return
    }
    begin()
    let pass: DecodePass
    do { pass = try self.pass(before: first) } catch { throw .video(error) }
    if let missing = try read(indices, from: pass, emit: emit) {
      do { try checkInside(missing, finish(pass)) } catch { throw .video(error) }
    }
  }

  /// Reads the frames that `choose` returns for the number of frames. This takes one decoding if the number is known or
  /// guessed right from the packets, else two. A later reading starts decoding again.
  ///
  /// `begin` gets the chosen indices. If the guess was wrong, it is called again before the right frames are read, and
  /// frames emitted before that do not count. The result is always that of the exact number.
  /// - Parameter choose: returns strictly increasing indices below the number of frames, which is at least 1. It may be
  ///   called more than once.
  /// - Returns: the number of frames.
  @discardableResult
  public func readChosen<Failure: Error>(
    choose: (_ frameCount: Int) -> [Int], begin: (_ indices: [Int]) throws(Failure) -> Void,
    emit: (VideoFrame) throws(Failure) -> Void
  ) throws(VideoReadError<Failure>) -> Int {
    if let folder {
      let indices = choose(folder.count)
      do { try begin(indices) } catch { throw .emit(error) }
      try readFrames(indices, begin: {}, emit: emit)
      return folder.count
    }
    if let count = try readChosenSelected(choose: choose, begin: begin, emit: emit) { return count }
    var guessed: [Int]?
    if knownInfo == nil {
      let indices: [Int]
      let pass: DecodePass
      do {
        indices = choose(max(1, try countPackets()))
        try checkOrder(indices)
        pass = try self.pass(before: indices.first ?? 0)
      } catch { throw .video(error) }
      do { try begin(indices) } catch { throw .emit(error) }
      if try read(indices, from: pass, emit: emit) == nil { guessed = indices }
      do {
        while try pass.advance() {}
      } catch { throw .video(error) }
      finish(pass)
    }
    let info: VideoInfo
    do { info = try self.info() } catch { throw .video(error) }
    let indices = choose(info.frameCount)
    if indices != guessed {
      do { try begin(indices) } catch { throw .emit(error) }
      try readFrames(indices, begin: {}, emit: emit)
    }
    return info.frameCount
  }

  /// Reads the chosen frames without decoding everything, and returns the number of frames; nil if that is not
  /// possible.
  private func readChosenSelected<Failure: Error>(
    choose: (_ frameCount: Int) -> [Int], begin: (_ indices: [Int]) throws(Failure) -> Void,
    emit: (VideoFrame) throws(Failure) -> Void
  ) throws(VideoReadError<Failure>) -> Int? {
    let count: Int
    let indices: [Int]
    do {
      try checkUsable()
      guard let index = try frameIndex() else { return nil }
      count = index.count
      indices = choose(count)
      try checkOrder(indices)
    } catch { throw .video(error) }
    func start() throws(VideoReadError<Failure>) {
      do { try begin(indices) } catch { throw .emit(error) }
    }
    try start()
    return try readSelected(indices, ends: true, begin: start, emit: emit) ? count : nil
  }

  /// Emits the frames at `indices`. `pass` must be at the first of them or before it.
  /// - Returns: the first index that the video does not have, if it ended early.
  private func read<Failure: Error>(
    _ indices: [Int], from pass: DecodePass, emit: (VideoFrame) throws(Failure) -> Void
  ) throws(VideoReadError<Failure>) -> Int? {
    for index in indices {
      let frame: VideoFrame
      do {
        while pass.index < index {
          if try !pass.advance() { return index }
        }
        guard let decoded = pass.frame else { return index }
        frame = VideoFrame(
          index: index, pixels: try converter.convert(decoded, of: source), width: width,
          height: height, stride: converter.stride, seconds: pass.clock.seconds,
          isDamaged: pass.isDamaged)
      } catch { throw .video(error) }
      do { try emit(frame) } catch { throw .emit(error) }
    }
    return nil
  }

  /// Throws unless the indices are at least 0 and increase strictly.
  private func checkOrder(_ indices: [Int]) throws(Failure) {
    var previous = -1
    for index in indices {
      if index <= previous {
        throw Failure(
          .invalidArgument,
          index < 0
            ? "frame index \(index) is negative"
            : "frame index \(index) after \(previous): indices must increase")
      }
      previous = index
    }
  }

  /// Throws unless the video has the frame at `index`.
  private func checkInside(_ index: Int, _ info: VideoInfo) throws(Failure) {
    if index >= info.frameCount {
      throw Failure(
        .invalidArgument,
        "frame index \(index) is outside \(folder?.name ?? source.name), which has \(info.frameCount) frames")
    }
  }
}
