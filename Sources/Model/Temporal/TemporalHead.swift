import Numerics
import System

/// Joins the frame embeddings of videos [B, T, E] to video embeddings [B, E]: the paper's "post-network prompt"
/// (section 3.3). A type that conforms is one head; `TemporalHeadKind.types` lists them all.
protocol TemporalHead: Sendable {
  static var kind: TemporalHeadKind { get }
  /// The tensor that a checkpoint is recognised by as having this head; nil: it has no tensors.
  static var recognisedBy: String? { get }
  /// The frames that the head's tensors allow; nil: any number.
  static func frameLimit(_ reader: ParameterReader) throws(Failure) -> FrameLimit?

  /// The tensors of a head that is trained from scratch, for a model of this configuration.
  static func started(_ configuration: Configuration) -> [StartedTensor]

  /// Reads the head's tensors for a model of this configuration.
  init(_ reader: ParameterReader, _ configuration: Configuration) throws(Failure)

  /// Whether a model that is trained holds the head in fp32 whatever its products are.
  static var trainsInFP32: Bool { get }

  /// Frame embeddings of one video.
  var frames: Int { get }
  var size: Int { get }  // E

  /// The memory that `apply` works in.
  associatedtype Scratch
  /// Memory for up to `videos` videos, on `threads` threads; see `Workspace`.
  func scratch(_ workspace: Workspace, videos: Int, threads: Int) throws(Failure) -> Scratch
  /// Joins x [videos, T, E] to out [videos, E]. A video's result does not depend on the others.
  func apply(
    _ x: UnsafePointer<Float>, videos: Int, to out: UnsafeMutablePointer<Float>, _ scratch: Scratch,
    _ pool: ThreadPool
  ) throws(Failure)

  /// The head's backward pass.
  func backward(_ builder: BackwardBuilder) throws(Failure) -> any TemporalHeadBackward
}

extension TemporalHead {
  static func frameLimit(_ reader: ParameterReader) throws(Failure) -> FrameLimit? { nil }
  static func started(_ configuration: Configuration) -> [StartedTensor] { [] }
  static var trainsInFP32: Bool { true }

  /// Videos joined at a time, so that the workspace does not grow with the batch.
  private func videosTogether(_ videos: Int) -> Int { max(1, min(videos, 1024 / frames)) }

  /// Takes the memory for one video, to measure it.
  func measure(_ workspace: Workspace, threads: Int) throws(Failure) {
    _ = try scratch(workspace, videos: 1, threads: threads)
  }

  /// Joins any number of videos, x [videos, T, E] to out [videos, E].
  func join(
    _ x: UnsafePointer<Float>, videos: Int, to out: UnsafeMutablePointer<Float>, pool: ThreadPool,
    workspaces: WorkspacePool
  ) throws(Failure) {
    let together = videosTogether(videos)
    try workspaces.with { (workspace) throws(Failure) in
      try scratch(workspace, videos: together, threads: pool.threads)
    } run: { (scratch) throws(Failure) in
      for first in stride(from: 0, to: videos, by: together) {
        try checkCancelled()
        try apply(
          x + first * frames * size, videos: min(together, videos - first), to: out + first * size, scratch,
          pool)
      }
    }
  }
}

extension TemporalHead where Scratch == Void {
  func scratch(_ workspace: Workspace, videos: Int, threads: Int) throws(Failure) {}
}

/// A temporal head by its number and name.
public struct TemporalHeadKind: Sendable, Equatable {
  /// The number of ACTIONCLIP_HEAD_* in the C API.
  public let rawValue: Int32
  /// The name in messages and in a file's metadata; the reference's, where the reference has the head.
  public let name: String

  /// Every head. Where a file has tensors of several, the last of them here is found.
  static let types: [any TemporalHead.Type] = [
    MeanHead.self, ConvolutionHead.self, LSTMHead.self, TransformerHead.self, ClassTokenHead.self,
    IntegrationHead.self,
  ]

  public static let all = types.map { $0.kind }

  init(_ rawValue: Int32, _ name: String) {
    self.rawValue = rawValue
    self.name = name
  }

  /// Nil where no head has this number.
  public init?(rawValue: Int32) {
    guard let kind = TemporalHeadKind.all.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = kind
  }

  /// Nil where no head has this name.
  public init?(name: String) {
    guard let kind = TemporalHeadKind.all.first(where: { $0.name == name }) else { return nil }
    self = kind
  }

  var type: any TemporalHead.Type { TemporalHeadKind.types.first { $0.kind == self } ?? MeanHead.self }
}

/// The frames of a video that a tensor allows.
struct FrameLimit {
  enum Rule { case exactly, atMost }
  let rule: Rule
  let frames: Int
  /// The tensor's name.
  let tensor: String
}
