import Numerics
import System

/// The backward pass of a temporal head, for one video.
protocol TemporalHeadBackward: Sendable {
  /// The memory that `apply` works in.
  associatedtype Buffers
  func buffers(_ workspace: Workspace, threads: Int) throws(Failure) -> Buffers

  /// From the gradient of a video's embedding [E], writes that of its frame embeddings x [T, E] to dx, and adds those of
  /// the head's parameters.
  func apply(
    _ x: UnsafePointer<Float>, gradient: UnsafePointer<Float>, to dx: UnsafeMutablePointer<Float>,
    _ buffers: Buffers, _ pool: ThreadPool
  ) throws(Failure)
}

extension TemporalHeadBackward {
  /// Takes the memory and applies the backward pass.
  func run(
    _ x: UnsafePointer<Float>, gradient: UnsafePointer<Float>, to dx: UnsafeMutablePointer<Float>,
    pool: ThreadPool, workspaces: WorkspacePool
  ) throws(Failure) {
    try workspaces.with { (workspace) throws(Failure) in
      try buffers(workspace, threads: pool.threads)
    } run: { (buffers) throws(Failure) in
      try apply(x, gradient: gradient, to: dx, buffers, pool)
    }
  }

  /// Takes the memory, to measure it.
  func measure(_ workspace: Workspace, threads: Int) throws(Failure) {
    _ = try buffers(workspace, threads: threads)
  }
}

extension TemporalHeadBackward where Buffers == Void {
  func buffers(_ workspace: Workspace, threads: Int) throws(Failure) {}
}
