import System
internal import CFFmpeg

// Reading without decoding everything. After an error of the decoder, or if the result is not sure, everything is
// decoded instead.
extension VideoFile {
  /// The video's properties, found from the packets if possible, else by decoding to the end.
  public func outline() throws(Failure) -> VideoInfo {
    try checkUsable()
    if let knownInfo { return withMissing(knownInfo) }
    if let folder { return outline(of: folder) }
    guard let index = try frameIndex() else { return try info() }
    return withMissing(VideoInfo(frameCount: index.count, damagedFrames: nil, duration: index.duration))
  }

  /// Whether frames are numbered by packets so far.
  public var isIndexed: Bool { (try? frameIndex()) != nil }

  /// The index of frames; nil if it is not to be used or cannot be made.
  func frameIndex() throws(Failure) -> FrameIndex? {
    guard case .unknown = knownIndex else {
      if case .index(let index) = knownIndex, isConfirmed(index) { return index }
      return nil
    }
    if decode == .all || stream == nil {
      knownIndex = .none
      return nil
    }
    let made = try makeIndex()  // an error that ends this call does not decide for the next one
    knownIndex = .none
    guard let index = made, index.time(of: 0) == stream?.firstTime,
      isConfirmed(index)
    else { return nil }
    knownIndex = .index(index)
    return index
  }

  /// Whether the index agrees with the frame count that decoding everything has found, if that was done.
  private func isConfirmed(_ index: FrameIndex) -> Bool {
    guard let knownInfo else { return true }
    return knownInfo.damagedFrames == 0 && knownInfo.frameCount == index.count
  }

  /// Emits the frames at `indices` as `readFrames` does. Several threads get packets further ahead; if they meet an
  /// error, one thread tries again after another call of `begin`, so that the result does not depend on threads.
  /// - Parameter ends: whether these are the last frames to read.
  /// - Returns: whether it succeeded; if not, emitted frames do not count.
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

  /// Ends the decoding after an error. After cancelling or a time limit the next call may select again; after other
  /// errors everything is decoded.
  private func giveUp(after error: Failure) {
    if error.kind == .cancelled || error.kind == .timeLimit { endPass() } else { giveUpSelecting() }
  }

  /// Decodes everything from now on.
  private func giveUpSelecting() {
    knownIndex = .none
    if pass?.isComplete == false { endPass() }
  }
}
