import Model
import Preprocess
import System
import Video

extension LoadedModel {
  /// Encodes a whole video file: T frames chosen by the model's own rule, decoded, preprocessed and encoded. `video` [E]
  /// and, if it is wanted, `frame` [frameRowsPerVideo, E] are written on success only.
  public func encode(
    _ file: VideoFile, _ options: PreprocessOptions, video: UnsafeMutablePointer<Float>,
    frame: UnsafeMutablePointer<Float>?
  ) throws(Failure) {
    let frames = try VideoFrames(self, options)
    file.beginCall()
    let encoding = VideoEncoding(model, frames, of: file)
    defer { encoding.stop() }
    try file.readChosenFrames(count: frames.count, by: preset.sampling) {
      encoding.stop()
    } emit: { (frame, places) throws(Failure) in
      try checkCancelled()
      encoding.begin(with: places.upperBound)
      try frames.write(frame, to: places)
    }
    try encoding.finish(video: video, frame: frame)
  }
}

extension VideoFile {
  /// Reads the `count` frames that a rule chooses; `emit` gets each distinct frame with the run of places it takes (the
  /// choice never decreases, so equal indices stand together). Frames emitted before `begin` is called do not count.
  fileprivate func readChosenFrames(
    count: Int, by choice: FrameChoice, begin: () -> Void,
    emit: (VideoFrame, _ places: Range<Int>) throws(Failure) -> Void
  ) throws(Failure) {
    var chosen: [Int] = []
    var place = 0
    let frameRate = choice.asksForFrameRate ? try knownFrameRate() : usualFrameRate
    do throws(VideoReadError<Failure>) {
      try readChosen { frameCount in
        // Within its limits for any count that a file can have; an empty choice would be a defect
        // that the check below answers.
        chosen =
          (try? sampleIndices(frameCount: frameCount, segments: count, by: choice, frameRate: frameRate))
          ?? []
        var distinct: [Int] = []
        for index in chosen where distinct.last != index { distinct.append(index) }
        return distinct
      } begin: { (_) throws(Failure) in
        begin()
        place = 0
      } emit: { (frame) throws(Failure) in
        var end = place
        while end < chosen.count, chosen[end] == frame.index { end += 1 }
        try emit(frame, place..<end)
        place = end
      }
    } catch {
      switch error {
      case .video(let failure), .emit(let failure): throw failure
      }
    }
    guard place == count else {
      throw Failure(.internal, "\(place) of \(count) chosen frames were decoded")
    }
  }

  /// The average frame rate; the usual one where it is not known.
  private func knownFrameRate() throws(Failure) -> Double {
    let rate = try outline().averageFrameRate
    return rate > 0 && rate <= maximumFrameRate ? rate : usualFrameRate
  }
}
