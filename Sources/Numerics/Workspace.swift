import System

/// The scratch memory of one call: a stack of regions carved from one allocation. Used by one call at
/// a time; its pieces are handed to that call's worker threads.
public final class Workspace: @unchecked Sendable {
  private let memory: FloatBuffer
  private var used = 0

  init(capacity: Int) throws(NumericsError) { memory = try FloatBuffer(count: capacity) }

  var capacity: Int { memory.count }

  /// Gives every region back; the next `take` starts from the beginning.
  public func reset() { used = 0 }

  /// The next `count` floats, 64-byte aligned. What they hold is left from earlier use (finite
  /// numbers). The caller has planned the capacity; running over it is a defect, answered by an
  /// error and never by a write out of bounds.
  public func take(_ count: Int) throws(NumericsError) -> UnsafeMutablePointer<Float> {
    let rounded = Workspace.rounded(count)
    guard count >= 0, rounded <= memory.count - used else {
      throw .outOfMemory(bytes: count)
    }
    defer { used += rounded }
    return memory.base + used
  }

  /// Regions that are never in use at the same time, in the same place.
  public func takeOneOf<A, B>(
    _ first: (Workspace) throws(NumericsError) -> A, _ second: (Workspace) throws(NumericsError) -> B
  ) throws(NumericsError) -> (A, B) {
    let begin = used
    let a = try first(self)
    let end = used
    used = begin
    let b = try second(self)
    used = max(used, end)
    return (a, b)
  }

  /// What `take(count)` uses up.
  public static func rounded(_ count: Int) -> Int { (count + 15) & ~15 }
}

/// Workspaces kept between calls, one per concurrent call.
public final class WorkspacePool: Sendable {
  private let idle = Guarded<[Workspace]>([])
  private static let kept = 16

  public init() {}

  /// Runs `body` with a workspace of at least `capacity` floats.
  public func with<R, E: Error>(
    capacity: Int, outOfMemory: (NumericsError) -> E, _ body: (Workspace) throws(E) -> R
  ) throws(E) -> R {
    // The smallest that is large enough, so that the others stay for calls that need them. Where there is
    // none, the largest makes way for the new one.
    let found = idle.withLock { (idle) -> Workspace? in
      let enough = idle.indices.filter { idle[$0].capacity >= capacity }
      if let best = enough.min(by: { idle[$0].capacity < idle[$1].capacity }) { return idle.remove(at: best) }
      if let largest = idle.indices.max(by: { idle[$0].capacity < idle[$1].capacity }) {
        idle.remove(at: largest)
      }
      return nil
    }
    let workspace: Workspace
    if let found {
      workspace = found
    } else {
      do { workspace = try Workspace(capacity: capacity) } catch { throw outOfMemory(error) }
    }
    defer {
      workspace.reset()
      idle.withLock { if $0.count < WorkspacePool.kept { $0.append(workspace) } }
    }
    return try body(workspace)
  }
}
