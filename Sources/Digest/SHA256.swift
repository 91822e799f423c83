internal import CDigest

/// The computation of a SHA-256 hash (FIPS 180-4) over bytes that come in pieces of any length.
public struct SHA256 {
  private static let blockBytes = Int(CDIGEST_BLOCK)

  private let isa: UnsafePointer<cdigest_isa>
  private var state = SIMD8<UInt32>(
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19)
  /// An incomplete block, in its first `pendingCount` bytes.
  private var pending = SIMD64<UInt8>.zero
  private var pendingCount = 0
  /// The number of bytes hashed so far, incomplete block included.
  private var count: UInt64 = 0

  /// Begins a hash, with the fastest instruction set of the processor.
  public init() { self.init(isa: 0) }

  /// Begins a hash with one of the processor's instruction sets, by its index in the list from fastest to slowest.
  init(isa: Int) { self.isa = cdigest_isa_at(isa) }

  /// Computes the hash of bytes in one piece.
  public static func hash(of bytes: UnsafeRawBufferPointer) -> Digest {
    var sha = SHA256()
    sha.update(bytes)
    return sha.finish()
  }

  /// Adds the next bytes to the hash.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    count &+= UInt64(bytes.count)
    var rest = bytes[...]
    if pendingCount > 0 {
      let taken = rest.prefix(Self.blockBytes - pendingCount)
      appendPending(taken)
      rest = rest.dropFirst(taken.count)
      guard pendingCount == Self.blockBytes else { return }
      compressPending()
    }
    let whole = rest.count / Self.blockBytes * Self.blockBytes
    compress(UnsafeRawBufferPointer(rebasing: rest.prefix(whole)))
    appendPending(rest.dropFirst(whole))
  }

  /// Ends the computation and returns the hash.
  public consuming func finish() -> Digest {
    // The padding: a one bit, zeros, and the number of bits in the last 8 bytes of this block or the next.
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

  private mutating func appendPending(_ bytes: Slice<UnsafeRawBufferPointer>) {
    let first = pendingCount
    withUnsafeMutableBytes(of: &pending) { pending in
      UnsafeMutableRawBufferPointer(rebasing: pending[first...]).copyBytes(from: bytes)
    }
    pendingCount += bytes.count
  }

  private mutating func compressPending() {
    let block = pending
    withUnsafeBytes(of: block) { compress($0) }
    pendingCount = 0
  }

  /// Updates the state with whole blocks.
  private mutating func compress(_ blocks: UnsafeRawBufferPointer) {
    guard let bytes = blocks.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
    let count = blocks.count / Self.blockBytes
    withUnsafeMutablePointer(to: &state) { state in
      state.withMemoryRebound(to: UInt32.self, capacity: Int(CDIGEST_STATE)) { state in
        isa.pointee.blocks(state, bytes, count)
      }
    }
  }
}
