import System

/// Workspaces kept between calls, one per concurrent call.
public final class WorkspacePool: Sendable {
  private let idle = Monitor<[Workspace]>([])
  private static let kept = 16

  public init() {}

  /// Runs `body` with the regions that `layout` takes; see `Workspace` for the rules of a layout.
  public func with<Regions, R>(
    _ layout: (Workspace) throws(Failure) -> Regions, run body: (Regions) throws(Failure) -> R
  ) throws(Failure) -> R {
    let workspace = try take(capacity: Workspace.measure(layout))
    defer { give(workspace) }
    return try body(layout(workspace))
  }

  /// The smallest workspace that is large enough, so that the others stay for calls that need them. Where there is
  /// none, the largest makes way for a new one.
  private func take(capacity: Int) throws(Failure) -> Workspace {
    let found = idle.withLock { (idle) -> Workspace? in
      let enough = idle.indices.filter { idle[$0].capacity >= capacity }
      if let best = enough.min(by: { idle[$0].capacity < idle[$1].capacity }) { return idle.remove(at: best) }
      if let largest = idle.indices.max(by: { idle[$0].capacity < idle[$1].capacity }) {
        idle.remove(at: largest)
      }
      return nil
    }
    if let found { return found }
    return try Workspace(capacity: capacity)
  }

  private func give(_ workspace: Workspace) {
    workspace.reset()
    idle.withLock { if $0.count < WorkspacePool.kept { $0.append(workspace) } }
  }
}
