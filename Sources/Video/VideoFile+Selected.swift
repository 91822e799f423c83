internal import CFFmpeg

// Reading without decoding everything. What it cannot do, or does not do without the least complaint
// of the decoder, is left to decoding everything.
extension VideoFile {
  /// As `info()`. Where it is sure from the packets, nothing is decoded for it.
  public func outline() throws(VideoError) -> VideoInfo {
    try checkUsable()
    if let knownInfo { return knownInfo }
    guard let index = try frameIndex() else { return try info() }
    return VideoInfo(frameCount: index.count, damagedFrames: nil, duration: index.duration)
  }

  /// Whether frames have been told by their packets so far.
  public var isIndexed: Bool { (try? frameIndex()) != nil }

  /// nil where frames are not to be, or cannot be, told without decoding them.
  func frameIndex() throws(VideoError) -> FrameIndex? {
    guard case .unknown = knownIndex else {
      if case .index(let index) = knownIndex, isBorneOut(index) { return index }
      return nil
    }
    if decode == .all || stream == nil {
      knownIndex = .none
      return nil
    }
    let made = try makeIndex()  // what ends this call says nothing of the next
    knownIndex = .none
    guard let index = made, index.time(of: 0) == stream?.firstTime,
      isBorneOut(index)
    else { return nil }
    knownIndex = .index(index)
    return index
  }

  /// By what decoding everything has shown, if that has been done.
  private func isBorneOut(_ index: FrameIndex) -> Bool {
    guard let knownInfo else { return true }
    return knownInfo.damagedFrames == 0 && knownInfo.frameCount == index.count
  }

  /// Passes the frames at `indices` on as `readFrames`.
  /// - Parameter ends: nothing will be read after them.
  /// - Returns: false if that did not work out; what was emitted does not count then.
  func readSelected<Failure: Error>(
    _ indices: [Int], ends: Bool, emit: (VideoFrame) throws(Failure) -> Void
  ) throws(VideoReadError<Failure>) -> Bool {
    guard let first = indices.first, let last = indices.last else { return true }
    let (frames, pass): (FrameIndex, DecodePass)
    var worked = false
    defer { if !worked { giveUpSelecting() } }
    do {
      guard let index = try frameIndex(), first >= 0, last < index.count else {
        worked = true  // not tried
        return false
      }
      let keysAlone = decode == .keyFrames
      let wanted = keysAlone ? indices.map(index.key(near:)) : indices
      let selection = Selection(index, frames: wanted, keysAlone: keysAlone, ends: ends || keysAlone)
      guard let found = try self.pass(for: selection, from: wanted[0]) else { return false }
      (frames, pass) = (index, found)
    } catch {
      worked = endsCallAlone(error)
      throw .video(error)
    }
    for index in indices {
      let wanted = decode == .keyFrames ? frames.key(near: index) : index
      let frame: VideoFrame
      do {
        while pass.index < wanted {
          if try !pass.advance(in: frames) { return false }
        }
        guard pass.index == wanted, let decoded = pass.frame else { return false }
        frame = VideoFrame(
          index: index, pixels: try converter.convert(decoded, of: source), width: width,
          height: height, stride: converter.stride, seconds: pass.clock.seconds, isDamaged: false)
      } catch {
        worked = endsCallAlone(error)
        throw .video(error)
      }
      do { try emit(frame) } catch {
        worked = true
        endPass()  // in the middle of its selection
        throw .emit(error)
      }
    }
    worked = true
    if ends { endPass() }
    return true
  }

  /// Whether the call ended for a reason that is not the video's: the next may select as before, and begins anew.
  private func endsCallAlone(_ error: VideoError) -> Bool {
    guard error.kind == .cancelled || error.kind == .timeLimit else { return false }
    endPass()
    return true
  }

  /// From now on everything is decoded.
  private func giveUpSelecting() {
    knownIndex = .none
    if pass?.isComplete == false { endPass() }
  }
}
