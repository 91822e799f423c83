import Preprocess
import System

/// The crops that one step draws anew, kept until its end, since each clip is asked for twice. It keeps its memory from
/// step to step; one thread at a time may use it.
final class DrawnCrops {
  private var memory = GrowingArray<UInt8>()  // [batch, T, S, S, 3]
  private let bytesPerClip: Int
  private var isDrawn: GrowingArray<Bool>  // [batch]
  private let augmentation: ClipAugmentation

  /// For `batch` clips of `frames` crops of side `size`.
  init(batch: Int, frames: Int, size: Int, _ kind: Augmentation) throws(Failure) {
    bytesPerClip = try product([frames, size, size, 3], "batch")
    isDrawn = try GrowingArray(repeating: false, count: batch)
    augmentation = ClipAugmentation(kind, size: size)
  }

  /// Bytes of all crops.
  func bytes() throws(Failure) -> Int { try product([isDrawn.count, bytesPerClip], "batch") }

  /// Forgets all crops.
  func begin() { isDrawn.buffer.update(repeating: false) }

  /// The crops of the batch's clip at `place`, [T, S, S, 3], which the first call draws.
  func crops(
    _ place: Int, draw: (ClipAugmentation, UnsafeMutablePointer<UInt8>) throws(Failure) -> Void
  ) throws(Failure) -> UnsafePointer<UInt8> {
    if memory.isEmpty { memory = try GrowingArray(uninitialized: bytes()) }
    let crops = memory.base + place * bytesPerClip
    if !isDrawn[place] {
      try draw(augmentation, crops)
      isDrawn[place] = true
    }
    return UnsafePointer(crops)
  }
}
