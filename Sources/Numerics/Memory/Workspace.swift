import System

/// The scratch memory of one call: regions taken one after the other from one allocation. One call uses it at a time,
/// and hands its regions to worker threads.
///
/// The sizes stand in one place, the function that takes the regions. It runs twice: on a workspace that only counts
/// what is taken, and then on one of that size. So that it can, it writes no numbers into what it takes, except through
/// `takeIntegers(_:filled:)`.
public final class Workspace: @unchecked Sendable {
  /// Nil: this workspace counts and has no memory. Its regions must not be touched.
  private let memory: FloatBuffer?
  private let base: UnsafeMutablePointer<Float>
  let capacity: Int
  private(set) var used = 0

  /// A workspace of `capacity` floats.
  init(capacity: Int) throws(Failure) {
    let memory = try FloatBuffer(count: capacity)
    self.memory = memory
    self.capacity = memory.count
    base = memory.base
  }

  private init(countingFrom nowhere: UnsafeMutablePointer<Float>) {
    memory = nil
    capacity = Int.max / 8  // so that no sum of what is taken overflows, in bytes neither
    base = nowhere
  }

  /// The number of floats that `layout` takes.
  public static func measure<Regions>(
    _ layout: (Workspace) throws(Failure) -> Regions
  ) throws(Failure) -> Int {
    guard let workspace = counter() else { return 0 }
    _ = try layout(workspace)
    return workspace.used
  }

  /// A workspace of the size that `layout` takes, and its regions, for memory that stays between calls. Whoever uses
  /// the regions holds the workspace.
  public static func holding<Regions>(
    _ layout: (Workspace) throws(Failure) -> Regions
  ) throws(Failure) -> (workspace: Workspace, regions: Regions) {
    let workspace = try Workspace(capacity: measure(layout))
    return (workspace, try layout(workspace))
  }

  /// A workspace that only counts.
  static func counter() -> Workspace? {
    UnsafeMutablePointer<Float>(bitPattern: alignment).map(Workspace.init(countingFrom:))
  }

  /// Gives every region back.
  func reset() { used = 0 }

  /// The next `count` floats, 64-byte aligned. They hold finite numbers left from earlier use. More than was measured
  /// is a defect, answered by an error and never by a write out of bounds.
  public func take(_ count: Int) throws(Failure) -> UnsafeMutablePointer<Float> {
    guard count >= 0, count <= capacity - used, Workspace.rounded(count) <= capacity - used else {
      throw .outOfMemory(bytes: count.multipliedReportingOverflow(by: 4).overflow ? Int.max : 4 * count)
    }
    defer { used += Workspace.rounded(count) }
    return memory == nil ? base : base + used
  }

  /// The next `count` integers. `fill` writes them, where there is memory.
  public func takeIntegers(
    _ count: Int, filled fill: (UnsafeMutablePointer<Int>) -> Void = { _ in }
  ) throws(Failure) -> UnsafeMutablePointer<Int> {
    let region = try take(2 * count)
    let integers = UnsafeMutableRawPointer(region).bindMemory(to: Int.self, capacity: count)
    if memory != nil { fill(integers) }
    return integers
  }

  /// Offsets of sequences of `length` rows each: 0, length, 2·length, … [sequences + 1]
  public func takeOffsets(
    sequences: Int, length: Int
  ) throws(Failure) -> UnsafeMutablePointer<Int> {
    try takeIntegers(sequences + 1) { for i in 0...sequences { $0[i] = i * length } }
  }

  /// The next `count` floats for each of `threads` threads.
  func takePerThread(_ count: Int, threads: Int) throws(Failure) -> ThreadRegions {
    let stride = Workspace.rounded(count)
    return ThreadRegions(base: try take(threads * stride), stride: stride)
  }

  /// Two groups of regions in the same place, for uses that never overlap in time.
  public func takeOneOf<A, B>(
    _ first: (Workspace) throws(Failure) -> A, _ second: (Workspace) throws(Failure) -> B
  ) throws(Failure) -> (A, B) {
    let begin = used
    let a = try first(self)
    let end = used
    used = begin
    let b = try second(self)
    used = max(used, end)
    return (a, b)
  }

  private static let alignment = 64

  /// `count` floats rounded up to whole lines of 64 bytes.
  public static func rounded(_ count: Int) -> Int { (count + 15) & ~15 }
}

/// Regions of one size, one for each thread of a loop.
struct ThreadRegions: @unchecked Sendable {
  fileprivate let base: UnsafeMutablePointer<Float>
  fileprivate let stride: Int

  /// The region of the thread that has this number in the loop.
  subscript(slot: Int) -> UnsafeMutablePointer<Float> { base + slot * stride }
}
