import System

extension VideoFile {
  /// The indices of the frames in a time span, at least one. They are found from the packets if possible, else by
  /// decoding up to the span's end. Times that were found are kept for later calls.
  /// - Throws: `.invalidArgument` if the video ends before the span begins.
  public func frames(in span: TimeSpan) throws(Failure) -> Range<Int> {
    try checkUsable()
    if let folder { return try frames(in: span, of: folder) }
    let index = try frameIndex()
    if knownTimes.areOfPackets != (index != nil) { knownTimes = FrameTimes(areOfPackets: index != nil) }
    if !knownTimes.cover(span) {
      if let index, let clock = stream?.clock {
        try findTimes(from: index, clock)
      } else {
        try decodeTimes(covering: span)
      }
    }
    guard let frames = knownTimes.frames(in: span) else {
      let end = knownTimes.duration ?? 0
      throw .argument("start is \(span.start) s, and \(source.name) ends at \(end) s")
    }
    return frames
  }

  private func findTimes(from index: FrameIndex, _ clock: FrameClock) throws(Failure) {
    var clock = clock
    var times = FrameTimes(areOfPackets: true)
    for frame in 0..<index.count {
      clock.advance(to: index.time(of: frame), lasting: index.duration(of: frame))
      try times.append(clock.seconds)
    }
    times.duration = index.duration
    knownTimes = times
  }

  private func decodeTimes(covering span: TimeSpan) throws(Failure) {
    let pass = try self.pass(before: knownTimes.count)
    while !knownTimes.cover(span) {
      if pass.index == knownTimes.count {
        try knownTimes.append(pass.clock.seconds)
      } else if try !pass.advance() {
        knownTimes.duration = finish(pass).duration
      }
    }
  }

  /// Reads the frames that `choose` returns for the number of frames in a time span; they are counted from the span's
  /// first. Decoding goes on from the previous reading if that ended before them.
  ///
  /// `begin` is called first, and again if damage shows that frames were numbered wrongly; frames emitted before that
  /// do not count.
  public func readChosen<EmitFailure: Error>(
    in span: TimeSpan, choose: (_ frameCount: Int) -> [Int], begin: () -> Void,
    emit: (VideoFrame) throws(EmitFailure) -> Void
  ) throws(VideoReadError<EmitFailure>) {
    func chosen() throws(VideoReadError<EmitFailure>) -> [Int] {
      do {
        let frames = try frames(in: span)
        return choose(frames.count).map { frames.lowerBound + $0 }
      } catch { throw .video(error) }
    }
    let indices = try chosen()
    let wasIndexed = isIndexed
    var missing: Failure?
    do { try readFrames(indices, begin: begin, emit: emit) } catch {
      guard case .video(let failure) = error else { throw error }
      missing = failure
    }
    // Damage that decoding found may have cost frames that the packets had promised.
    if wasIndexed, !isIndexed {
      let counted = try chosen()
      if counted != indices { return try readFrames(counted, begin: begin, emit: emit) }
    }
    if let missing { throw .video(missing) }
  }
}
