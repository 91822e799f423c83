internal import CDigest

/// SHA-256 (FIPS 180-4) of bytes that come in pieces of any length.
public struct SHA256 {
  private static let blockBytes = Int(CDIGEST_BLOCK)

  private let isa: UnsafePointer<cdigest_isa>
  private var state = SIMD8<UInt32>(
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19)
  /// Bytes of an incomplete block: the first `pendingCount` of these.
  private var pending = SIMD64<UInt8>.zero
  private var pendingCount = 0
  private var count: UInt64 = 0

  public init() { self.init(isa: 0) }

  /// Computes in the instruction set of that index among those that the processor runs, best first.
  init(isa: Int) { self.isa = cdigest_isa_at(isa) }

  /// The hash of bytes that are all there.
  public static func hash(of bytes: UnsafeRawBufferPointer) -> Digest {
    var sha = SHA256()
    sha.update(bytes)
    return sha.finish()
  }

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    count &+= UInt64(bytes.count)
    var rest = bytes[...]
    if pendingCount > 0 {
      let taken = rest.prefix(Self.blockBytes - pendingCount)
      keep(taken)
      rest = rest.dropFirst(taken.count)
      guard pendingCount == Self.blockBytes else { return }
      takePending()
    }
    let whole = rest.count / Self.blockBytes * Self.blockBytes
    take(UnsafeRawBufferPointer(rebasing: rest.prefix(whole)))
    keep(rest.dropFirst(whole))
  }

  public consuming func finish() -> Digest {
    // A one bit, zeros, and the number of bits in the last 8 bytes of a block: of this one or the next.
    let bits = (count &* 8).bigEndian
    let lengthAt = Self.blockBytes - 8
    let paddingEnd = pendingCount < lengthAt ? lengthAt : lengthAt + Self.blockBytes
    var padding = SIMD64<UInt8>.zero
    padding[0] = 0x80
    let paddingBytes = paddingEnd - pendingCount
    withUnsafeBytes(of: padding) { update(UnsafeRawBufferPointer(rebasing: $0[..<paddingBytes])) }
    withUnsafeBytes(of: bits) { update($0) }
    return Digest(words: state)
  }

  private mutating func keep(_ bytes: Slice<UnsafeRawBufferPointer>) {
    let first = pendingCount
    withUnsafeMutableBytes(of: &pending) { pending in
      UnsafeMutableRawBufferPointer(rebasing: pending[first...]).copyBytes(from: bytes)
    }
    pendingCount += bytes.count
  }

  private mutating func takePending() {
    let block = pending
    withUnsafeBytes(of: block) { take($0) }
    pendingCount = 0
  }

  private mutating func take(_ blocks: UnsafeRawBufferPointer) {
    guard let bytes = blocks.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
    let count = blocks.count / Self.blockBytes
    withUnsafeMutablePointer(to: &state) { state in
      state.withMemoryRebound(to: UInt32.self, capacity: Int(CDIGEST_STATE)) { state in
        isa.pointee.blocks(state, bytes, count)
      }
    }
  }
}
