internal import CFFmpeg

/// The transformation that turns decoded pictures upright: first a transposition (rows become columns), then a
/// reflection along either axis. All eight orientations of a picture are such combinations.
struct Orientation: Equatable {
  var transposes = false
  var mirrorsX = false
  var mirrorsY = false

  init() {}

  /// Reads a 3x3 display matrix as the ffmpeg program's autorotation does. Angles that are no multiple of 90 degrees
  /// are ignored.
  init(_ ffmpeg: FFmpeg, matrix: UnsafePointer<Int32>) {
    let counterclockwise = ffmpeg.pointee.av_display_rotation_get(matrix)
    guard counterclockwise.isFinite else { return }
    var clockwise = -counterclockwise.rounded()
    if clockwise < -0.9 { clockwise += 360 }
    switch clockwise {
    case 90:  // clockwise, or mirrored as well
      transposes = true
      mirrorsX = !(matrix[3] > 0)
    case 180:
      mirrorsX = matrix[0] < 0
      mirrorsY = matrix[4] < 0
    case 270:
      transposes = true
      mirrorsX = matrix[3] < 0
      mirrorsY = true
    case 0:
      mirrorsY = matrix[4] < 0
    default: break
    }
  }

  /// The clockwise rotation from the stored picture to the upright one, in degrees; 0 for one that is only mirrored.
  var rotation: Int {
    if transposes { return mirrorsY ? 270 : 90 }
    return mirrorsX && mirrorsY ? 180 : 0
  }

  /// Whether the picture is mirrored, by an odd number of reflections.
  var isMirrored: Bool { transposes != (mirrorsX != mirrorsY) }

  /// Writes the packed RGB24 picture `stored`, of `width` x `height` pixels, to `upright`, which has `height` x `width`
  /// pixels if the orientation transposes.
  func apply(
    _ stored: UnsafePointer<UInt8>, stride: Int, width: Int, height: Int,
    to upright: UnsafeMutablePointer<UInt8>, stride uprightStride: Int
  ) {
    let columns = transposes ? height : width
    let rows = transposes ? width : height
    // Steps in bytes through the stored picture for one pixel right and one pixel down.
    var right = transposes ? stride : 3
    var down = transposes ? 3 : stride
    var start = stored
    if mirrorsX {
      start += (columns - 1) * right
      right = -right
    }
    if mirrorsY {
      start += (rows - 1) * down
      down = -down
    }
    for y in 0..<rows {
      var from = start + y * down
      var to = upright + y * uprightStride
      for _ in 0..<columns {
        to[0] = from[0]
        to[1] = from[1]
        to[2] = from[2]
        from += right
        to += 3
      }
    }
  }
}
