import System
internal import CFFmpeg

// Reading without decoding everything. Whenever this meets an error of the decoder or cannot be sure, everything is
// decoded instead.
extension VideoFile {
  /// Like `info()`, but decodes nothing where the packets determine it.
  public func outline() throws(Failure) -> VideoInfo {
    try checkUsable()
    if let knownInfo { return knownInfo }
    guard let index = try frameIndex() else { return try info() }
    return VideoInfo(frameCount: index.count, damagedFrames: nil, duration: index.duration)
  }

  /// Whether the packets have identified the frames so far.
  public var isIndexed: Bool { (try? frameIndex()) != nil }

  /// The index of frames; nil where it is not to be used, or needs decoding.
  func frameIndex() throws(Failure) -> FrameIndex? {
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

  /// The frame count that decoding everything has shown, if that was done.
  private func isBorneOut(_ index: FrameIndex) -> Bool {
    guard let knownInfo else { return true }
    return knownInfo.damagedFrames == 0 && knownInfo.frameCount == index.count
  }

  /// Passes the frames at `indices` on as `readFrames`. If threads, which get packets further ahead, meet an error,
  /// one thread tries again after another call of `begin`: the result must not depend on threads.
  /// - Parameter ends: whether these are the last frames to read.
  /// - Returns: false if that failed; emitted frames do not count then.
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

  /// A cancelled or timed-out call says nothing about the video: the next call may select again, and starts over.
  private func giveUp(after error: Failure) {
    if error.kind == .cancelled || error.kind == .timeLimit { endPass() } else { giveUpSelecting() }
  }

  /// Decodes everything from now on.
  private func giveUpSelecting() {
    knownIndex = .none
    if pass?.isComplete == false { endPass() }
  }
}
