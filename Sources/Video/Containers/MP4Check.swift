import System

/// Checks MP4, QuickTime, 3GP and CMAF: walks their boxes as FFmpeg does, which reads a box by its type, wherever it
/// is. `MP4Tables` checks the tables.
struct MP4Check {
  let source: ByteSource
  private let window: ByteWindow
  private var tables: MP4Tables
  /// The number of boxes so far.
  private var boxes: Int64 = 0
  /// The number of boxes so far that become metadata.
  private var metadata: Int64 = 0
  private var (hasIndex, hasFragments, hasData) = (false, false, false)
  /// Whether the index goes on beyond the end of the file.
  private var isIndexCut = false

  private static let maxDepth = 16
  private static let maxTracks = 256
  private static let maxMetadata = 4096

  init(_ source: ByteSource) throws(Failure) {
    self.source = source
    window = try ByteWindow(source)
    tables = MP4Tables(window)
  }

  /// A box: its four-letter type, and the positions of its content.
  struct Box {
    let type: String
    /// The position after the box's header.
    var body: Int64
    let end: Int64
  }

  mutating func run() throws(Failure) {
    do throws(Failure) {
      try walk(from: 0, to: source.size, depth: 0, in: "")
      guard hasIndex else { throw withoutIndex }
      try tables.finish(hasFragments: hasFragments)
    } catch {
      if isIndexCut, error.kind == .invalidVideo { throw cutIndex }
      throw error
    }
    if isIndexCut { source.likelyReason = cutIndex }
    if !hasFragments { source.cutFrames = tables.cutPictures.map { Int($0) } }
  }

  private var cutIndex: Failure {
    Failure(
      .invalidVideo, "\(source.name) is cut short inside its index (moov): copy or download it again, whole")
  }

  private var withoutIndex: Failure {
    if hasFragments {
      return Failure(
        .invalidVideo,
        "\(source.name) is a fragment without its beginning (moov): put the initialisation segment before it, for "
          + "example with cat init.mp4 FRAGMENT > video.mp4")
    }
    guard hasData else {
      return Failure(.invalidVideo, "\(source.name) ends before any video: there is only its header")
    }
    return Failure(
      .invalidVideo,
      "\(source.name) has no index (moov): the recording was not closed, or the file is cut off. A tool such as "
        + "untrunc, with an undamaged recording of the same camera, can repair it; recordings in Matroska or fragmented "
        + "MP4 do not need to be closed")
  }

  /// The box at `position`; nil at the end, or if its header is one at which FFmpeg stops.
  private func box(at position: Int64, to end: Int64) throws(Failure) -> Box? {
    guard position <= end - 8, let size32 = try window.integer(at: position, size: 4),
      let code = try window.number(at: position + 4, size: 4)
    else { return nil }
    var (header, size): (Int64, Int64) = (8, size32)
    if size32 == 1 {
      guard let large = try window.integer(at: position + 8, size: 8) else { return nil }
      (header, size) = (16, large)
    } else if size32 == 0 {
      size = end - position
    }
    guard size >= header else { return nil }
    let (stated, overflow) = position.addingReportingOverflow(size)
    return Box(type: Self.name(code), body: position + header, end: overflow ? .max : stated)
  }

  private static func name(_ code: UInt64) -> String {
    String(decoding: [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: code >> $0) }, as: UTF8.self)
  }

  private mutating func walk(
    from start: Int64, to end: Int64, depth: Int, in parent: String
  ) throws(Failure) {
    guard depth <= Self.maxDepth else {
      throw ContainerCheck.tooMany(source, "boxes more than \(Self.maxDepth) deep")
    }
    var position = start
    while let box = try box(at: position, to: end) {
      boxes += 1
      guard boxes <= (1 << 21) + source.size / 256 else {
        throw ContainerCheck.tooMany(source, "\(boxes) boxes")
      }
      try visit(box, depth: depth, in: parent, end: min(box.end, end))
      if box.end >= end { return }
      position = box.end
    }
  }

  private mutating func visit(_ box: Box, depth: Int, in parent: String, end: Int64) throws(Failure) {
    if parent == "udta" || parent == "ilst" || parent == "meta" { metadata += 1 }
    guard metadata <= Self.maxMetadata else {
      throw ContainerCheck.tooMany(source, "\(metadata) entries of metadata")
    }
    var type = box.type
    if type == "hoov" || type == "free", let inner = try window.number(at: box.body + 4, size: 4),
      ["mvhd", "cmov"].contains(Self.name(inner))
    {
      type = "moov"  // an index that was meant to be overwritten
    }
    switch type {
    case "moov":
      hasIndex = true
      if box.end > source.size { isIndexCut = true }
      try walk(from: box.body, to: end, depth: depth + 1, in: type)
    case "trak":
      try tables.beginTrack()
      guard tables.tracks.count <= Self.maxTracks else {
        throw ContainerCheck.tooMany(source, "more than \(Self.maxTracks) tracks")
      }
      try walk(from: box.body, to: end, depth: depth + 1, in: type)
      try tables.endTrack()
    case "moof":
      hasFragments = true
      try tables.addFragments(1)
      try walk(from: box.body, to: end, depth: depth + 1, in: type)
    case "mdat": hasData = true
    case "cmov":
      throw Failure(
        .invalidVideo,
        "\(source.name) has a compressed index (cmov), which is not read; rewrite it first, for example with ffmpeg -i "
          + "FILE -c copy video.mkv")
    case "mdia", "minf", "stbl", "edts", "mvex", "traf", "udta", "ilst", "dinf", "sinf", "schi", "wave",
      "mfra", "tref":
      try walk(from: box.body, to: end, depth: depth + 1, in: type)
    case "meta":
      // QuickTime's meta box has no version in front of its boxes.
      let inner = try window.number(at: box.body + 4, size: 4).map(Self.name)
      try walk(from: box.body + (inner == "hdlr" ? 0 : 4), to: end, depth: depth + 1, in: type)
    case "stsd": try walk(from: box.body + 8, to: end, depth: depth + 1, in: type)
    default:
      if parent == "stsd" {
        tables.addEntry(type)
        // The boxes follow the fields that all sample descriptions of pictures or sound begin with.
        try walk(from: box.body + (tables.isPictures ? 78 : 28), to: end, depth: depth + 1, in: "entry")
      } else {
        try tables.read(type, from: box.body, to: min(end, source.size))
      }
    }
  }
}
