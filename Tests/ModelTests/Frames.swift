import System
import Model
import Synchronization

/// Frames that are copied from an array when they are asked for.
final class WrittenFrames: FrameSource {
  let numbers: [Float]
  let calls = Atomic<Int>(0)

  init(_ numbers: [Float]) { self.numbers = numbers }

  func write(_ index: Int, to pixels: UnsafeMutablePointer<Float>) throws(Failure) {
    calls.add(1, ordering: .relaxed)
    for i in 0..<192 { pixels[i] = numbers[index * 192 + i] }
  }
}

/// Frames none of which can be had.
struct FailingFrames: FrameSource {
  static let error = Failure(.invalidArgument, "the frame cannot be had")

  func write(_ index: Int, to pixels: UnsafeMutablePointer<Float>) throws(Failure) { throw Self.error }
}
