internal import CFFmpeg

/// Reads the headers of a stream's packets, in order, to find the dependencies of each picture. It supports only codecs
/// and streams in which each packet is one picture that is shown; anything else, or anything unknown, gives nil.
struct PictureReader {
  /// The codecs whose headers are read.
  enum Syntax { case h264, hevc, mpeg4, vp9, av1 }

  let syntax: Syntax
  /// The temporal layer (HEVC) of the latest picture.
  private(set) var layer: UInt8 = 0
  /// The number of bytes of the length in front of each unit; 0 if units have start codes.
  private let lengthSize: Int
  /// The parameter sets of the first packet; later packets have the same or none.
  private var first: [UInt8]?
  private var parameters: [UInt8] = []
  private static let maxParameters = 1 << 16
  /// The sequence parameter set of H.264. All sets of the stream must be equal.
  private var sequence: H264Sequence?

  /// Makes a reader for a stream; nil for other codecs and streams.
  /// - Parameter profile: the profile found by decoding, since the header's may be wrong.
  init?(_ stream: cffmpeg_stream, profile: Int32) {
    let extra = UnsafeRawBufferPointer(start: stream.extradata, count: max(0, Int(stream.extradata_size)))
    switch stream.codec {
    case cffmpeg_codec_h264:
      syntax = .h264
      // In 4:4:4, the encoder named in the first packet changes how later ones are read.
      if profile & 0xff == 244 || profile & 0xff == 44 { return nil }
      let isConfiguration = extra.count >= 7 && extra[0] == 1
      lengthSize = isConfiguration ? Int(extra[4] & 3) + 1 : 0
      guard takeSequences(ofHeader: extra, isConfiguration: isConfiguration) else { return nil }
    case cffmpeg_codec_hevc:
      syntax = .hevc
      if extra.count >= 23, extra[0] != 0 || extra[1] != 0 || extra[2] > 1 {
        lengthSize = Int(extra[21] & 3) + 1
        guard HEVCHeaders.showsEveryPicture(configuration: extra) else { return nil }
      } else {
        lengthSize = 0
      }
    case cffmpeg_codec_mpeg4: (syntax, lengthSize) = (.mpeg4, 0)
    case cffmpeg_codec_vp9: (syntax, lengthSize) = (.vp9, 0)
    case cffmpeg_codec_av1: (syntax, lengthSize) = (.av1, 0)
    default: return nil
    }
  }

  /// Reads the next packet and returns the kind of its picture; nil if that is not sure.
  /// - Parameter isKey: whether the container marks the packet as a key frame.
  mutating func read(_ packet: UnsafeRawBufferPointer, isKey: Bool) -> PictureKind? {
    layer = 0
    parameters.removeAll(keepingCapacity: true)
    let found: PictureKind? =
      switch syntax {
      case .h264: h264(packet, isKey)
      case .hevc: hevc(packet)
      case .mpeg4: mpeg4(packet)
      case .vp9: VP9Headers.kind(packet)
      case .av1: av1(packet)
      }
    guard let kind = found, parameters.count <= Self.maxParameters else { return nil }
    guard let first else {
      first = parameters
      return kind
    }
    if parameters == first { return kind }
    // Later parameter sets could be in a packet that is skipped.
    guard parameters.isEmpty else { return nil }
    return kind.isKey ? .reference : kind
  }

  private mutating func keep(_ unit: UnsafeRawBufferPointer) {
    if parameters.count <= Self.maxParameters { parameters += unit.prefix(Self.maxParameters + 1) }
  }

  private mutating func takeSequences(ofHeader extra: UnsafeRawBufferPointer, isConfiguration: Bool) -> Bool {
    if extra.isEmpty { return true }
    if isConfiguration { return H264Sequence.all(ofConfiguration: extra) { take($0) } }
    return NALUnits.all(of: extra, lengthSize: 0) { $0[0] & 31 != 7 || take($0) }
  }

  /// Reads a sequence parameter set. False if it contradicts an earlier one.
  private mutating func take(_ unit: UnsafeRawBufferPointer) -> Bool {
    guard let found = H264Sequence(unit) else { return false }
    if sequence == nil { sequence = found }
    return sequence == found
  }

  private mutating func h264(_ packet: UnsafeRawBufferPointer, _ isKey: Bool) -> PictureKind? {
    var (slices, first, instant, used, intra) = (0, 0, 0, 0, 0)
    let understood = NALUnits.all(of: packet, lengthSize: lengthSize) { unit in
      switch unit[0] & 31 {
      case 1, 5:
        var header = BitReader(unit, from: 1, isEscaped: true)
        guard let macroblock = header.exponential(), let type = header.exponential(),
          header.exponential() != nil, sequence?.isField(&header) == false
        else { return false }
        slices += 1
        if macroblock == 0 { first += 1 }
        if unit[0] & 31 == 5 { instant += 1 }
        if unit[0] & 0x60 != 0 { used += 1 }
        if type % 5 == 2 || type % 5 == 4 { intra += 1 }
      case 7:
        keep(unit)
        return take(unit)
      case 8: keep(unit)
      case 6, 9, 12: break  // messages, delimiters, filling
      default: return false
      }
      return true
    }
    // Two first slices mean two fields or two pictures. A single field is half a frame, of which two packets make one.
    guard understood, first == 1, instant == 0 || instant == slices, used == 0 || used == slices else {
      return nil
    }
    if instant > 0 { return .clean }
    if used == 0 { return .disposable }
    return isKey && intra == slices ? .intra : .reference
  }

  private mutating func hevc(_ packet: UnsafeRawBufferPointer) -> PictureKind? {
    var (first, picture, temporal) = (0, -1, UInt8(0))
    var hidesEarlier = false
    let understood = NALUnits.all(of: packet, lengthSize: lengthSize) { unit in
      guard unit.count >= 3 else { return false }
      let type = Int(unit[0] >> 1 & 63)
      switch type {
      // Broken links and ends of a sequence are not supported, since pictures after them are not shown.
      case 0...9, 19...21:
        guard unit[0] & 1 == 0, unit[1] >> 3 == 0, picture < 0 || picture == type else { return false }
        picture = type
        temporal = unit[1] & 7
        if unit[2] & 0x80 != 0 { first += 1 }
        if unit[2] & 0x40 != 0, type == 19 || type == 20 { hidesEarlier = true }
      case 34:
        guard HEVCHeaders.showsEveryPicture(unit) else { return false }
        keep(unit)
      case 32, 33: keep(unit)
      case 35, 38...63: break  // delimiters, filling, messages
      default: return false
      }
      return true
    }
    guard understood, first == 1, !hidesEarlier else { return nil }
    layer = temporal
    return switch picture {
    case 19, 20: .clean
    case 21: .open
    // No picture of its layer depends on it. `FrameIndex` checks whether there are higher layers.
    case 0, 2, 4, 6, 8: .disposable
    default: .reference
    }
  }

  private mutating func mpeg4(_ packet: UnsafeRawBufferPointer) -> PictureKind? {
    var coding: UInt8?
    let understood = NALUnits.all(of: packet, lengthSize: 0) { unit in
      switch unit[0] {
      case 0xB6:
        // A second picture in a packet is not supported, nor one so small that it repeats the previous picture.
        guard coding == nil, unit.count > 8 else { return false }
        coding = unit[1] >> 6
      case 0x00...0x2F, 0xB0, 0xB5: keep(unit)
      case 0xB2, 0xB3: break  // notes, times
      default: return false
      }
      return true
    }
    guard understood, let coding else { return nil }
    return coding == 0 ? .open : coding == 2 ? .disposable : .reference
  }

  private mutating func av1(_ packet: UnsafeRawBufferPointer) -> PictureKind? {
    var (shown, headers, begins) = (0, 0, false)
    let understood = AV1Headers.units(of: packet) { type, unit in
      switch type {
      case 1:
        guard unit.count > 0, unit[0] & 0x08 == 0 else { return false }  // still pictures: short headers
        keep(unit)
      case 3, 6:
        var header = BitReader(unit)
        guard let again = header.bits(1) else { return false }
        if again == 1 {
          shown += 1
        } else {
          guard let frame = header.bits(2), let show = header.bits(1) else { return false }
          shown += show
          if headers == 0, frame == 0, show == 1 { begins = true }
        }
        headers += 1
      case 2, 4, 5, 7, 15: break
      default: return false
      }
      return true
    }
    guard understood, shown == 1 else { return nil }
    return begins ? .clean : .reference
  }
}
