/// A video of a list, or a part of one, with its labels as they stand there.
struct ListedVideo {
  /// The line in the list, or the position among its videos, counted from 1.
  let number: Int
  let path: FilePath
  /// The part that is meant; nil for the whole video.
  let span: TimeSpan?
  /// The frames that are meant, if the video is a folder of them; nil for all.
  var frames: ListedFrames?
  let labels: [String]
}
