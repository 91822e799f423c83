import CActionCLIP
import Glibc
import System

/// Reads and writes C structs that begin with their own size, so that programs built against an older or newer header
/// keep working. Inside the library structs have this version's size.
enum SizedStruct {
  /// Sets the caller's options struct of `size` bytes to `defaults`. An older, smaller struct gets the fields that it
  /// has; bytes of a newer, larger one beyond this version's are zeroed. For a size that no version can have only
  /// struct_size is written, as 0, which `read` refuses.
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

  /// Reads an options struct; NULL gives `defaults`. Fields beyond the caller's size have their defaults. Bytes beyond
  /// this version's size must be zero, since anything else asks for something unknown.
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

  /// Fills the caller's information struct, up to the caller's size and to this version's. Bytes beyond are not
  /// written, so that a wrong size cannot overwrite other memory.
  static func write<T: BitwiseCopyable>(
    _ value: T, to pointer: UnsafeMutablePointer<T>?, oldest: Int, _ name: String
  ) throws(Failure) {
    let raw = UnsafeMutableRawPointer(try required(pointer, name))
    let size = try declaredSize(UnsafeRawPointer(raw), T.self, oldest: oldest, name)
    withUnsafeBytes(of: value) { from in
      // The caller's struct_size is kept.
      let known = min(size, from.count)
      UnsafeMutableRawBufferPointer(start: raw.advanced(by: 4), count: known - 4).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: from[4..<known]))
    }
  }

  /// Checks a struct's size, for use before the work whose result fills it.
  static func checkSize<T>(
    of pointer: UnsafePointer<T>, oldest: Int, _ name: String
  ) throws(Failure) {
    _ = try declaredSize(UnsafeRawPointer(pointer), T.self, oldest: oldest, name)
  }

  /// The most bytes by which a newer version's struct may be longer. A larger size is taken for one that was never set.
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
