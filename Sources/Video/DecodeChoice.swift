/// Which frames of a video are decoded. The header's ACTIONCLIP_DECODE_* says it to users.
public enum DecodeChoice: Sendable {
  /// The frames that are read, and those that these are made from. The same bytes as with `all`.
  case needed
  /// Every frame from the first on.
  case all
  /// In place of each frame the nearest key frame, and no other.
  case keyFrames
}

/// What a packet's picture needs and is needed for, as far as its headers say.
enum PictureKind: UInt8 {
  /// Begins anew: nothing after it, in decoding order, uses anything before it.
  case clean
  /// Needs nothing itself, and frees what is shown after it from everything before; but pictures that
  /// are decoded after it and shown before it may use earlier ones.
  case open
  /// Needs nothing itself; what it frees is not known.
  case intra
  /// Needs others, and others may need it.
  case reference
  /// No other picture needs it.
  case disposable

  /// Decoding may begin here for every picture that is shown later.
  var isAnchor: Bool { self == .clean || self == .open }
  var isKey: Bool { rawValue <= PictureKind.intra.rawValue }
}
