/// Files of videos, told from other input by their first bytes.
enum VideoContainer {
  /// Bytes with their place in the file: MP4 and MOV, Matroska and WebM, AVI, Ogg, Flash, MPEG's program stream.
  private static let marks: [(place: Int, bytes: [UInt8])] = [
    (4, Array("ftyp".utf8)), (4, Array("moov".utf8)), (0, [0x1A, 0x45, 0xDF, 0xA3]), (8, Array("AVI ".utf8)),
    (0, Array("OggS".utf8)), (0, Array("FLV".utf8)), (0, [0, 0, 1, 0xBA]),
  ]

  /// Whether a file that begins so is a video's.
  static func begins(_ bytes: [UInt8]) -> Bool {
    marks.contains { bytes.dropFirst($0.place).starts(with: $0.bytes) }
  }
}
