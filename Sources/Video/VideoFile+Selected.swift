import System
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

  /// Passes the frames at `indices` on as `readFrames`. What does not work out with threads, which are given
  /// packets further ahead and may stumble over those, is tried on one: what is decoded, and found wrong, must
  /// not depend on threads. `begin` is called before that.
  /// - Parameter ends: nothing will be read after them.
  /// - Returns: false if that did not work out; what was emitted does not count then.
  func readSelected<Failure: Error>(
    _ indices: [Int], ends: Bool, begin: () throws(VideoReadError<Failure>) -> Void,
    emit: (VideoFrame) throws(Failure) -> Void
  ) throws(VideoReadError<Failure>) -> Bool {
    guard let first = indices.first, let last = indices.last else { return true }
    let frames: FrameIndex
    do {
      guard let index = try frameIndex(), first >= 0, last < index.count else { return false }
      frames = index
    } catch { throw .video(error) }
    if try read(indices, in: frames, ends: ends, emit: emit) { return true }
    if threads > 1 {
      endPass()
      threads = 1
      try begin()
      if try read(indices, in: frames, ends: ends, emit: emit) { return true }
    }
    giveUpSelecting()
    return false
  }

  private func read<Failure: Error>(
    _ indices: [Int], in frames: FrameIndex, ends: Bool, emit: (VideoFrame) throws(Failure) -> Void
  ) throws(VideoReadError<Failure>) -> Bool {
    let pass: DecodePass
    do {
      let keysAlone = decode == .keyFrames
      let wanted = keysAlone ? indices.map(frames.key(near:)) : indices
      let selection = Selection(frames, frames: wanted, keysAlone: keysAlone, ends: ends || keysAlone)
      guard let found = try self.pass(for: selection, from: wanted[0]) else { return false }
      pass = found
    } catch {
      giveUp(after: error)
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
        giveUp(after: error)
        throw .video(error)
      }
      do { try emit(frame) } catch {
        endPass()  // in the middle of its selection
        throw .emit(error)
      }
    }
    if ends { endPass() }
    return true
  }

  /// A call that was cancelled or took too long says nothing of the video: the next may select, and begins anew.
  private func giveUp(after error: VideoError) {
    if error.kind == .cancelled || error.kind == .timeLimit { endPass() } else { giveUpSelecting() }
  }

  /// From now on everything is decoded.
  private func giveUpSelecting() {
    knownIndex = .none
    if pass?.isComplete == false { endPass() }
  }
}
