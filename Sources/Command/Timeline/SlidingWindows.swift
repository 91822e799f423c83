/// Windows of equally many frames over a video. Times are frame numbers.
struct SlidingWindows {
  let length: Int
  let starts: [Int]

  /// One every `step` frames and one that ends with the video; a shorter video is one window.
  init(frameCount: Int, length: Int, step: Int) {
    self.length = min(length, frameCount)
    let last = frameCount - self.length
    var starts = Array(stride(from: 0, through: last, by: step))
    if starts.last != last { starts.append(last) }
    self.starts = starts
  }
}
