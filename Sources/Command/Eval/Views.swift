import ArgumentParser
import CActionCLIP

/// The views of a video: clips along its time, times square crops of each picture. Scores are averaged over them.
struct Views: ExpressibleByArgument, CustomStringConvertible {
  let clips: Int32
  let crops: Int32

  /// 1 to 100 clips and 1 or 3 crops: three squares cover the picture.
  init?(argument: String) {
    let parts = argument.lowercased().split(separator: "x", omittingEmptySubsequences: false)
    guard parts.count == 2, let clips = Int32(parts[0]), let crops = Int32(parts[1]) else { return nil }
    guard (1...100).contains(clips), crops == 1 || crops == 3 else { return nil }
    self.init(clips: clips, crops: crops)
  }

  init(clips: Int32, crops: Int32) {
    self.clips = clips
    self.crops = crops
  }

  var isSingle: Bool { clips == 1 && crops == 1 }

  static let single = Views(clips: 1, crops: 1)

  var description: String { "\(clips)x\(crops)" }
  var defaultValueDescription: String { description }

  /// The crops' positions along the picture's long side, as ACTIONCLIP_CROP_*.
  var cropPositions: [Int32] {
    let center = Int32(ACTIONCLIP_CROP_CENTER)
    return crops == 1 ? [center] : [Int32(ACTIONCLIP_CROP_START), center, Int32(ACTIONCLIP_CROP_END)]
  }
}
