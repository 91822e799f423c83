import Model
import Preprocess
import System
import Video

extension LoadedModel {
  /// Encodes a video file, or the part of it in `span`, which counts as a video of its own: chooses T frames for each
  /// view by the model's own rule, decodes, preprocesses and encodes them. View v takes every views-th of the frames,
  /// from the v-th on, so it covers the whole video. `video` [views, E] and, unless nil, `frame`
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
  /// Reads the `count` frames that a rule chooses, of the whole video if `span` is nil. `emit` gets each distinct frame
  /// with the range of positions that it has among them; indices never decrease, so equal ones are adjacent. Frames
  /// emitted before a call of `begin` do not count.
  func readChosenFrames(
    count: Int, in span: TimeSpan?, by choice: FrameChoice, begin: () -> Void,
    emit: (VideoFrame, _ positions: Range<Int>) throws(Failure) -> Void
  ) throws(Failure) {
    var chosen: [Int] = []
    var position = 0
    let frameRate = choice.asksForFrameRate ? try knownFrameRate() : usualFrameRate
    func choose(frameCount: Int) -> [Int] {
      // The rule accepts any number of frames that a file can have; if it did not, the check below would report it.
      chosen =
        (try? sampleIndices(frameCount: frameCount, segments: count, by: choice, frameRate: frameRate)) ?? []
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
