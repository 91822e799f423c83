import Model
import Synchronization
import System

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

/// Frames of an array that another thread says are ready.
final class ArrivingFrames: FrameSource, @unchecked Sendable {
  let pixels: UnsafePointer<Float>?
  private let ready = Monitor<Result<Int, Failure>>(.success(0))

  init(_ pixels: UnsafePointer<Float>) { self.pixels = pixels }

  func arrive(upTo count: Int) { ready.change { $0 = .success(count) } }
  func fail(_ failure: Failure) { ready.change { $0 = .failure(failure) } }

  func readyFrames(atLeast count: Int) throws(Failure) -> Int {
    try ready.wait(until: { (try? $0.get()).map { $0 >= count } ?? true }) { $0 }.get()
  }
}

/// Frames in memory that count how often the encoder asks for more.
final class CountingFrames: FrameSource, @unchecked Sendable {
  let pixels: UnsafePointer<Float>?
  let asked = Atomic<Int>(0)

  init(_ pixels: UnsafePointer<Float>) { self.pixels = pixels }

  func readyFrames(atLeast count: Int) -> Int {
    asked.add(1, ordering: .relaxed)
    return Int.max
  }
}
