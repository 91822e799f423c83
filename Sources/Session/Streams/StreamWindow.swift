import Numerics
import System

/// A window over a stream's frames, whose embedding is made.
public struct StreamWindow: Sendable, BitwiseCopyable {
  /// The window's number in the stream, from 0 on.
  public let sequence: Int64
  /// The timestamps of the window's first and last frame, in nanoseconds.
  public let start, end: Int64
  /// The numbers of the window's first and last frame among all frames pushed, from 0 on.
  public let firstPush, lastPush: Int64
  /// The number of different frames in the window, 1 to T.
  public let frames: Int
  /// The number of due frames between the window's first and last frame that were dropped.
  public let dropped: Int64
  /// Whether the window is the first one of a run that began after a gap.
  public let followsGap: Bool
  /// Whether the window is a tail: the end of a run, less than a hop after the window before.
  public let isTail: Bool
}

/// A queue of windows that wait to be taken, with their embeddings.
struct WindowQueue: ~Copyable {
  private var windows: FixedRing<StreamWindow>
  private let embeddings: FloatBuffer  // [capacity, E]
  private let size: Int
  /// The number of windows added so far.
  private(set) var added: Int64 = 0

  /// - Parameter size: E.
  init(capacity: Int, size: Int) throws(Failure) {
    // Locals first: a noncopyable value that throws half-built is not supported by the compiler.
    let embeddings = try FloatBuffer(count: product([capacity, size], "queue_windows"))
    let windows = try FixedRing<StreamWindow>(capacity: capacity)
    self.embeddings = embeddings
    self.windows = windows
    self.size = size
  }

  var memory: Int { 4 * embeddings.count }
  var count: Int { windows.count }
  var room: Int { windows.capacity - windows.count }

  /// Adds a window, for which there must be room, with its embedding [E].
  mutating func append(_ window: StreamWindow, _ embedding: UnsafePointer<Float>) {
    let place = windows.append(window)
    (embeddings.base + place * size).update(from: embedding, count: size)
    added += 1
  }

  /// Takes the oldest window, of which there must be one, and copies its embedding to `out` [E].
  mutating func removeFirst(to out: UnsafeMutablePointer<Float>) -> StreamWindow {
    let (window, place) = windows.removeFirst()
    out.update(from: embeddings.base + place * size, count: size)
    return window
  }

  mutating func removeAll() {
    windows.removeAll()
    added = 0
  }
}
