import Numerics
import System

/// A cache of the numbers of clips and texts that training does not change, kept from step to step: rows of numbers by
/// the number of a view or a text. It lies in memory, or in a file. One thread at a time may use it.
final class ActivationCache {
  /// Floats of an entry.
  private let numbers: Int
  private let memory: FloatBuffer  // of the first entries
  private var isThere: GrowingArray<Bool>
  private let file: ActivationFile?

  /// A cache in memory for entries 0 ..< `entries`.
  init(entries: Int, numbers: Int) throws(Failure) {
    self.numbers = numbers
    let (count, overflow) = entries.multipliedReportingOverflow(by: numbers)
    guard !overflow else { throw .outOfMemory(bytes: Int.max) }
    memory = try FloatBuffer(count: count)
    isThere = try GrowingArray(repeating: false, count: entries)
    file = nil
  }

  /// A cache in a file.
  init(_ file: ActivationFile, numbers: Int) throws(Failure) {
    (self.numbers, self.file) = (numbers, file)
    memory = try FloatBuffer(count: 0)
    isThere = GrowingArray()
  }

  /// Writes an entry to `out`, and returns whether it is there.
  func read(_ entry: Int, to out: UnsafeMutablePointer<Float>) -> Bool {
    if let file { return file.read(entry, to: UnsafeMutableRawPointer(out)) }
    guard entry < isThere.count, isThere[entry] else { return false }
    out.update(from: memory.base + entry * numbers, count: numbers)
    return true
  }

  /// Keeps an entry, where there is room for it.
  func write(_ entry: Int, from numbers: UnsafePointer<Float>) {
    if let file { return file.write(entry, from: UnsafeRawPointer(numbers)) }
    guard entry < isThere.count else { return }
    (memory.base + entry * self.numbers).update(from: numbers, count: self.numbers)
    isThere[entry] = true
  }
}
