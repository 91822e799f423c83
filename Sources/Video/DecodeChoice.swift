/// The choice of frames to decode: ACTIONCLIP_DECODE_* in the header.
public enum DecodeChoice: Sendable {
  /// The frames to read and those that they depend on. The frames have the same bytes as with `all`.
  case needed
  /// Every frame, from the first on.
  case all
  /// The nearest key frame in place of each frame; nothing else is decoded.
  case keyFrames
}

/// The dependencies of a packet's picture, as far as its headers state them.
enum PictureKind: UInt8 {
  /// A key picture: no picture after it in decoding order uses one before it.
  case clean
  /// A key picture that later pictures may bypass: those decoded after it but shown before it may use earlier
  /// pictures; those shown after it may not.
  case open
  /// Decodable by itself; the pictures after it may use earlier ones.
  case intra
  /// Depends on other pictures, and others may depend on it.
  case reference
  /// Depends on other pictures, and none depends on it.
  case disposable

  /// Decoding may begin here for every picture shown later.
  var isAnchor: Bool { self == .clean || self == .open }
  var isKey: Bool { rawValue <= PictureKind.intra.rawValue }
}
