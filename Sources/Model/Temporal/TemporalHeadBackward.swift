import Numerics
import System

/// A batch's pass through a temporal head, forth and back, in memory that stays from step to step. One thread at a time
/// may use it.
protocol TemporalHeadPass {
  /// Joins x [videos, T, E] to out [videos, E] as the head does, and keeps what `backward` needs.
  func forward(
    _ x: UnsafePointer<Float>, videos: Int, to out: UnsafeMutablePointer<Float>, _ pool: ThreadPool
  ) throws(Failure)

  /// After `forward`, does what the `apply` of `TemporalHeadBackward` does.
  func backward(
    videos: Int, gradient: UnsafePointer<Float>, to dx: UnsafeMutablePointer<Float>, _ pool: ThreadPool
  ) throws(Failure)
}

/// The backward pass of a temporal head.
protocol TemporalHeadBackward: Sendable {
  /// Memory for passes of up to `videos` videos that go forth once; nil: the head has none, or the videos are too many.
  func pass(videos: Int, threads: Int) throws(Failure) -> (any TemporalHeadPass)?

  /// The most videos that `apply` takes at once.
  var videosTogether: Int { get }

  /// The memory that `apply` works in.
  associatedtype Buffers
  func buffers(_ workspace: Workspace, videos: Int, threads: Int) throws(Failure) -> Buffers

  /// From the gradients of videos' embeddings [videos, E], writes those of their frame embeddings x [videos, T, E] to
  /// dx, and adds those of the head's parameters.
  func apply(
    _ x: UnsafePointer<Float>, videos: Int, gradient: UnsafePointer<Float>,
    to dx: UnsafeMutablePointer<Float>, _ buffers: Buffers, _ pool: ThreadPool
  ) throws(Failure)

  /// The share of numbers that training drops by chance; 0 in all heads but Transf_cls.
  var dropout: Double { get }
  /// The pass that drops what `seed` says.
  func seeded(_ seed: UInt64) -> Self
  /// Joins the frame embeddings x [T, E] of a video to its embedding `out` [E] as the backward pass does, where numbers
  /// are dropped.
  func join(
    _ x: UnsafePointer<Float>, to out: UnsafeMutablePointer<Float>, _ buffers: Buffers, _ pool: ThreadPool
  ) throws(Failure)
}

extension TemporalHeadBackward {
  var videosTogether: Int { 1 }
  func pass(videos: Int, threads: Int) throws(Failure) -> (any TemporalHeadPass)? { nil }
  var dropout: Double { 0 }
  func seeded(_ seed: UInt64) -> Self { self }

  func join(
    _ x: UnsafePointer<Float>, to out: UnsafeMutablePointer<Float>, _ buffers: Buffers, _ pool: ThreadPool
  ) throws(Failure) {
    throw Failure(.internal, "this head drops nothing while it is trained")
  }

  /// Takes the memory and joins any number of videos of `frames` embeddings of `size` numbers.
  func runJoin(
    _ x: UnsafePointer<Float>, videos: Int, frames: Int, size: Int, seed: (_ video: Int) -> UInt64,
    to out: UnsafeMutablePointer<Float>, pool: ThreadPool, workspaces: WorkspacePool
  ) throws(Failure) {
    try workspaces.with { (workspace) throws(Failure) in
      try buffers(workspace, videos: 1, threads: pool.threads)
    } run: { (buffers) throws(Failure) in
      for video in 0..<videos {
        try checkCancelled()
        try seeded(seed(video)).join(x + video * frames * size, to: out + video * size, buffers, pool)
      }
    }
  }

  /// Takes the memory and applies the backward pass to any number of videos of `frames` embeddings of `size` numbers.
  /// `seed` gives each video's seed of what is dropped.
  func run(
    _ x: UnsafePointer<Float>, videos: Int, frames: Int, size: Int, seed: (_ video: Int) -> UInt64,
    gradient: UnsafePointer<Float>, to dx: UnsafeMutablePointer<Float>, pool: ThreadPool,
    workspaces: WorkspacePool
  ) throws(Failure) {
    let together = min(videos, videosTogether)
    try workspaces.with { (workspace) throws(Failure) in
      try buffers(workspace, videos: together, threads: pool.threads)
    } run: { (buffers) throws(Failure) in
      for first in stride(from: 0, to: videos, by: together) {
        try checkCancelled()
        let place = first * frames * size
        try seeded(seed(first)).apply(
          x + place, videos: min(together, videos - first), gradient: gradient + first * size,
          to: dx + place, buffers, pool)
      }
    }
  }

  /// Takes the memory for some of `videos` videos, to measure it.
  func measure(_ workspace: Workspace, videos: Int, threads: Int) throws(Failure) {
    _ = try buffers(workspace, videos: min(videos, videosTogether), threads: threads)
  }
}

extension TemporalHeadBackward where Buffers == Void {
  func buffers(_ workspace: Workspace, videos: Int, threads: Int) throws(Failure) {}
}
