import CActionCLIP
import Glibc

/// Structs that begin with their own size, so that programs built against an older or newer header
/// keep working. They are converted at the door to this version's form.
enum SizedStruct {
  /// An options struct, or `defaults` for NULL. Fields beyond the caller's size keep their defaults;
  /// fields beyond this version's must be zero, since they ask for something unknown.
  static func read<T: BitwiseCopyable>(
    _ pointer: UnsafePointer<T>?, defaults: T, oldest: Int, _ name: String
  ) throws(Failure) -> T {
    guard let pointer else { return defaults }
    let raw = UnsafeRawPointer(pointer)
    let size = try declaredSize(raw, oldest: oldest, name)
    var result = defaults
    withUnsafeMutableBytes(of: &result) { to in
      to.copyMemory(from: UnsafeRawBufferPointer(start: raw, count: min(size, to.count)))
    }
    for offset in stride(from: MemoryLayout<T>.size, to: size, by: 1)
    where raw.load(fromByteOffset: offset, as: UInt8.self) != 0 {
      throw .argument(
        "\(name) of struct_size \(size) sets byte \(offset), which this version"
          + " (struct_size \(MemoryLayout<T>.size)) does not know")
    }
    return result
  }

  /// Fills an information struct up to the caller's size; what this version does not know is zero.
  static func write<T: BitwiseCopyable>(
    _ value: T, to pointer: UnsafeMutablePointer<T>?, oldest: Int, _ name: String
  ) throws(Failure) {
    let raw = UnsafeMutableRawPointer(try required(pointer, name))
    let size = try declaredSize(UnsafeRawPointer(raw), oldest: oldest, name)
    withUnsafeBytes(of: value) { from in
      // The size field itself stays the caller's.
      UnsafeMutableRawBufferPointer(start: raw.advanced(by: 4), count: size - 4).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: from[4..<min(size, from.count)]))
      if size > from.count { memset(raw.advanced(by: from.count), 0, size - from.count) }
    }
  }

  /// Checks a struct's size before the work that fills it.
  static func checkSize<T>(
    of pointer: UnsafePointer<T>, oldest: Int, _ name: String
  ) throws(Failure) {
    _ = try declaredSize(UnsafeRawPointer(pointer), oldest: oldest, name)
  }

  /// More than any version's struct: a size that was never set is likelier than one so large.
  private static let largest = 4096

  private static func declaredSize(
    _ raw: UnsafeRawPointer, oldest: Int, _ name: String
  ) throws(Failure) -> Int {
    let size = Int(raw.loadUnaligned(as: UInt32.self))
    guard size >= oldest, size <= largest else {
      throw .argument(
        "\(name)->struct_size is \(size), expected \(oldest) to \(largest): call its _init function or"
          + " set it to sizeof")
    }
    return size
  }
}
