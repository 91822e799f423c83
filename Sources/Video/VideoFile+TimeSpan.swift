import System
internal import CFFmpeg

extension VideoFile {
  /// The indices of the frames in a time span, at least one. They are found from the packets if possible, else by
  /// decoding up to the span's end.
  /// - Throws: `.invalidArgument` if the video ends before the span begins.
  public func frames(in span: TimeSpan) throws(Failure) -> Range<Int> {
    try checkUsable()
    var search = SpanSearch(span)
    if let index = try frameIndex(), var clock = stream?.clock {
      for frame in 0..<index.count {
        clock.advance(to: index.time(of: frame), lasting: index.duration(of: frame))
        if !search.add(clock.seconds) { return search.frames }
      }
      return try frames(of: search, span, duration: index.duration)
    }
    let pass = try self.pass(before: 0)
    var hasFrame = pass.index == 0
    if !hasFrame { hasFrame = try pass.advance() }
    while hasFrame {
      if !search.add(pass.clock.seconds) { return search.frames }
      hasFrame = try pass.advance()
    }
    return try frames(of: search, span, duration: finish(pass).duration)
  }

  /// The span's frames in a video that was searched to its end.
  private func frames(
    of search: SpanSearch, _ span: TimeSpan, duration: Double
  ) throws(Failure) -> Range<Int> {
    if search.isAfter(duration) {
      throw .argument("start is \(span.start) s, and \(source.name) ends at \(duration) s")
    }
    return search.frames
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
