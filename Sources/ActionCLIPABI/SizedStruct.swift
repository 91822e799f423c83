import CActionCLIP
import Glibc
import System

/// Structs that begin with their own size, so that programs built against an older or newer header
/// keep working. They are converted at the door to this version's form.
enum SizedStruct {
  /// Sets a caller's options struct of `size` bytes to `defaults`, as far as it reaches: an older header's ends earlier,
  /// and what a newer one's has beyond this version's is zeroed, which asks for nothing. A size that no version's struct
  /// has becomes struct_size 0, which `read` refuses, and nothing else is written.
  static func initialize<T: BitwiseCopyable>(
    _ pointer: UnsafeMutablePointer<T>?, size: Int, defaults: T, oldest: Int
  ) {
    let sizeField = MemoryLayout<UInt32>.size
    // More than half of size_t's range arrives as a negative number.
    guard let pointer, size < 0 || size >= sizeField else { return }
    let target = UnsafeMutableRawPointer(pointer)
    guard size >= oldest, size <= largest(T.self) else {
      return target.storeBytes(of: 0, as: UInt32.self)
    }
    withUnsafeBytes(of: defaults) { from in
      let known = min(size, from.count)
      if let start = from.baseAddress { target.copyMemory(from: start, byteCount: known) }
      memset(target + known, 0, size - known)
    }
    target.storeBytes(of: UInt32(size), as: UInt32.self)
  }

  /// An options struct, or `defaults` for NULL. Fields beyond the caller's size keep their defaults;
  /// fields beyond this version's must be zero, since they ask for something unknown.
  static func read<T: BitwiseCopyable>(
    _ pointer: UnsafePointer<T>?, defaults: T, oldest: Int, _ name: String
  ) throws(Failure) -> T {
    guard let pointer else { return defaults }
    let raw = UnsafeRawPointer(pointer)
    let size = try declaredSize(raw, T.self, oldest: oldest, name)
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

  /// Fills an information struct up to the caller's size; what this version does not know is left
  /// alone, so that a wrong size cannot make it write where the caller has nothing.
  static func write<T: BitwiseCopyable>(
    _ value: T, to pointer: UnsafeMutablePointer<T>?, oldest: Int, _ name: String
  ) throws(Failure) {
    let raw = UnsafeMutableRawPointer(try required(pointer, name))
    let size = try declaredSize(UnsafeRawPointer(raw), T.self, oldest: oldest, name)
    withUnsafeBytes(of: value) { from in
      // The size field itself stays the caller's.
      let known = min(size, from.count)
      UnsafeMutableRawBufferPointer(start: raw.advanced(by: 4), count: known - 4).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: from[4..<known]))
    }
  }

  /// Checks a struct's size before the work that fills it.
  static func checkSize<T>(
    of pointer: UnsafePointer<T>, oldest: Int, _ name: String
  ) throws(Failure) {
    _ = try declaredSize(UnsafeRawPointer(pointer), T.self, oldest: oldest, name)
  }

  /// A newer version's struct is believed to be this much longer at most: beyond that, a size that was
  /// never set is likelier.
  private static let growth = 256
  private static func largest<T>(_: T.Type) -> Int { MemoryLayout<T>.size + growth }

  private static func declaredSize<T>(
    _ raw: UnsafeRawPointer, _: T.Type, oldest: Int, _ name: String
  ) throws(Failure) -> Int {
    let largest = Self.largest(T.self)
    let size = Int(raw.loadUnaligned(as: UInt32.self))
    guard size >= oldest, size <= largest else {
      throw .argument(
        "\(name)->struct_size is \(size), expected \(oldest) to \(largest): call its _init function or"
          + " set it to sizeof")
    }
    return size
  }
}
