import System

/// Workspaces kept between calls, one per concurrent call. A call like an earlier one takes no memory.
public final class WorkspacePool: Sendable {
  private let idle = Monitor<[Workspace]>([])
  /// Workspaces that only count.
  private let counters = Monitor<[Workspace]>([])
  private static let kept = 16

  public init() {}

  /// Runs `body` with the regions that `layout` takes; see `Workspace` for the rules of a layout.
  public func with<Regions, R>(
    _ layout: (Workspace) throws(Failure) -> Regions, run body: (Regions) throws(Failure) -> R
  ) throws(Failure) -> R {
    let workspace = try take(capacity: measure(layout))
    defer { WorkspacePool.give(workspace, to: idle) }
    return try body(layout(workspace))
  }

  /// The number of floats that `layout` takes.
  private func measure<Regions>(_ layout: (Workspace) throws(Failure) -> Regions) throws(Failure) -> Int {
    guard let counter = counters.withLock({ $0.popLast() }) ?? Workspace.counter() else { return 0 }
    defer { WorkspacePool.give(counter, to: counters) }
    _ = try layout(counter)
    return counter.used
  }

  /// The smallest workspace that is large enough, so that the others stay for calls that need them. Where there is
  /// none, the largest makes way for a new one.
  private func take(capacity: Int) throws(Failure) -> Workspace {
    let found = idle.withLock { (idle) -> Workspace? in
      var (best, largest): (Int?, Int?)
      for index in idle.indices {
        let size = idle[index].capacity
        if size >= capacity, best.map({ size < idle[$0].capacity }) ?? true { best = index }
        if largest.map({ size > idle[$0].capacity }) ?? true { largest = index }
      }
      if let best { return idle.remove(at: best) }
      if let largest { idle.remove(at: largest) }
      return nil
    }
    if let found { return found }
    return try Workspace(capacity: capacity)
  }

  private static func give(_ workspace: Workspace, to idle: Monitor<[Workspace]>) {
    workspace.reset()
    idle.withLock { if $0.count < kept { $0.append(workspace) } }
  }
}
