import System
import Numerics

/// The post-network temporal prompt of a model: joins frame embeddings [B, T, E] into video
/// embeddings [B, E].
enum TemporalPooling: Sendable {
  case meanP
  case conv1D(TemporalConvolution)
  case lstm(TemporalLSTM)
  case transf(TemporalTransformer)
  case transfCls(TemporalClassToken)

  init(_ reader: ParameterReader, _ c: Configuration) throws(ModelError) {
    switch c.head {
    case .meanP: self = .meanP
    case .conv1D: self = .conv1D(try TemporalConvolution(reader, c))
    case .lstm: self = .lstm(try TemporalLSTM(reader, c))
    case .transf: self = .transf(try TemporalTransformer(reader, c))
    case .transfCls: self = .transfCls(try TemporalClassToken(reader, c))
    }
    // The reference creates it for every head but MeanP and uses it in Transf alone.
    reader.ignore(TemporalTransformer.positionsName)
  }

  /// Videos joined at a time, so that the workspace does not grow with the batch.
  private static let rowsTogether = 1024

  func floats(videos: Int, frames: Int, size: Int, threads: Int) -> Int {
    switch self {
    case .meanP, .conv1D: 0
    case .lstm: TemporalLSTM.floats(videos: videos, frames: frames, size: size)
    case .transf(let head):
      head.floats(videos: videos, frames: frames, size: size, threads: threads)
    case .transfCls(let head):
      head.floats(videos: videos, frames: frames, size: size, threads: threads)
    }
  }

  func apply(
    _ x: UnsafePointer<Float>, videos: Int, frames: Int, size: Int,
    to out: UnsafeMutablePointer<Float>, pool: ThreadPool, workspaces: WorkspacePool
  ) throws(ModelError) {
    let together = max(1, min(videos, TemporalPooling.rowsTogether / frames))
    let floats = floats(videos: together, frames: frames, size: size, threads: pool.threads)
    try workspaces.with(capacity: floats, outOfMemory: ModelError.memory) {
      (workspace) throws(ModelError) in
      var first = 0
      while first < videos {
        let count = min(together, videos - first)
        try checkCancelled()
        try apply(x + first * frames * size, count, frames, size, out + first * size, workspace, pool)
        workspace.reset()
        first += count
      }
    }
  }

  private func apply(
    _ x: UnsafePointer<Float>, _ videos: Int, _ frames: Int, _ size: Int,
    _ out: UnsafeMutablePointer<Float>, _ workspace: Workspace, _ pool: ThreadPool
  ) throws(ModelError) {
    switch self {
    case .meanP:
      for video in 0..<videos {
        MeanPooling.apply(
          x + video * frames * size, plus: nil, frames: frames, size: size, to: out + video * size)
      }
    case .conv1D(let head):
      for video in 0..<videos {
        head.apply(x + video * frames * size, frames: frames, size: size, to: out + video * size)
      }
    case .lstm(let head):
      try head.apply(
        x, videos: videos, frames: frames, size: size, to: out, workspace, pool)
    case .transf(let head):
      try head.apply(
        x, videos: videos, frames: frames, size: size, to: out, workspace, pool)
    case .transfCls(let head):
      try head.apply(
        x, videos: videos, frames: frames, size: size, to: out, workspace, pool)
    }
  }
}
