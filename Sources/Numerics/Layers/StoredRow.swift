/// A row of numbers in fp32 or bf16, in memory that another owns.
struct StoredRow {
  let base: UnsafeRawPointer
  let precision: Precision
  let width: Int

  /// Writes the numbers as fp32 to out [width].
  func write(to out: UnsafeMutablePointer<Float>) {
    guard precision == .bf16 else {
      return out.update(from: base.assumingMemoryBound(to: Float.self), count: width)
    }
    let halves = base.assumingMemoryBound(to: UInt16.self)
    for i in 0..<width { out[i] = StoredRow.float(halves[i]) }
  }

  /// Multiplies the numbers into out [width].
  func multiply(into out: UnsafeMutablePointer<Float>) {
    guard precision == .bf16 else {
      let floats = base.assumingMemoryBound(to: Float.self)
      for i in 0..<width { out[i] *= floats[i] }
      return
    }
    let halves = base.assumingMemoryBound(to: UInt16.self)
    for i in 0..<width { out[i] *= StoredRow.float(halves[i]) }
  }

  /// The number that the bits of a bf16 stand for, exactly.
  @inline(__always)
  private static func float(_ half: UInt16) -> Float { Float(bitPattern: UInt32(half) << 16) }
}
