import Model
import Preprocess
import System
import Video

extension LoadedModel {
  /// Encodes a video file, or the part of it in `span`, which counts as a video of its own: chooses T frames for each
  /// view by the model's own rule, decodes, preprocesses and encodes them. View v takes every views-th of the frames,
  /// from the v-th on, so it covers the whole video. `video` [views, videoSize] and, unless nil, `frame`
  /// [views, frameRowsPerVideo, E] are written on success only.
  public func encode(
    _ file: VideoFile, in span: TimeSpan? = nil, views: Int = 1, _ options: PreprocessOptions,
    video: UnsafeMutablePointer<Float>, frame: UnsafeMutablePointer<Float>?
  ) throws(Failure) {
    let frames = try VideoFrames(self, options, views: views)
    file.beginCall()
    let encoding = VideoEncoding(model, frames, of: file)
    defer { encoding.stop() }
    try file.readChosenFrames(count: frames.count, in: span, by: preset.sampling) {
      encoding.stop()
    } emit: { (frame, positions) throws(Failure) in
      try checkCancelled()
      encoding.begin(with: positions.upperBound)
      try frames.write(frame, to: positions)
    }
    try encoding.finish(video: video, frame: frame)
  }
}

extension VideoFile {
  /// Reads the `count` frames that a rule chooses, of the whole video if `span` is nil; `emit` and `begin` are as for
  /// `readFrames(count:in:choose:begin:emit:)`.
  func readChosenFrames(
    count: Int, in span: TimeSpan?, by choice: FrameChoice, begin: () -> Void,
    emit: (VideoFrame, _ positions: Range<Int>) throws(Failure) -> Void
  ) throws(Failure) {
    let frameRate = choice.asksForFrameRate ? try knownFrameRate() : usualFrameRate
    try readFrames(
      count: count, in: span,
      choose: { frames in
        // The rule accepts any number of frames that a file can have; if it did not, too few would be read.
        (try? sampleIndices(frameCount: frames, segments: count, by: choice, frameRate: frameRate)) ?? []
      }, begin: begin, emit: emit)
  }

  /// Reads the `count` frames at the indices that `choose` gives for a number of frames, of the whole video if `span`
  /// is nil. The indices never decrease, so equal ones are adjacent; `choose` may be called more than once. `emit` gets
  /// each distinct frame with the range of positions that it has among them. Frames emitted before a call of `begin` do
  /// not count.
  func readFrames(
    count: Int, in span: TimeSpan?, choose chooseFrames: (_ frameCount: Int) -> [Int], begin: () -> Void,
    emit: (VideoFrame, _ positions: Range<Int>) throws(Failure) -> Void
  ) throws(Failure) {
    var chosen: [Int] = []
    var position = 0
    func choose(frameCount: Int) -> [Int] {
      chosen = chooseFrames(frameCount)
      var distinct: [Int] = []
      for index in chosen where distinct.last != index { distinct.append(index) }
      return distinct
    }
    func restart() {
      begin()
      position = 0
    }
    func place(_ frame: VideoFrame) throws(Failure) {
      guard position < chosen.count else {
        throw Failure(.internal, "a frame was decoded that was not chosen")
      }
      let first = position
      position = chosen[first...].firstIndex { $0 != chosen[first] } ?? chosen.count
      try emit(frame, first..<position)
    }
    do throws(VideoReadError<Failure>) {
      if let span {
        try readChosen(in: span, choose: choose, begin: restart, emit: place)
      } else {
        try readChosen(choose: choose, begin: { (_) throws(Failure) in restart() }, emit: place)
      }
    } catch {
      switch error {
      case .video(let failure), .emit(let failure): throw failure
      }
    }
    guard position == count else {
      throw Failure(.internal, "\(position) of \(count) chosen frames were decoded")
    }
  }

  /// The average frame rate in frames per second, or the usual one if it is not known.
  private func knownFrameRate() throws(Failure) -> Double {
    let rate = try outline().averageFrameRate
    return rate > 0 && rate <= maximumFrameRate ? rate : usualFrameRate
  }
}
