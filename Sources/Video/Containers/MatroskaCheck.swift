import System

/// Checks Matroska and WebM: counts the elements for which FFmpeg keeps or searches entries. Clusters, which hold the
/// pictures, are skipped.
struct MatroskaCheck {
  let source: ByteSource
  private let window: ByteWindow
  private var counts = Counts()
  /// The offsets in the file's seek table, for elements after clusters of unknown size.
  private var named: [Int64] = []
  private var isVideo = false
  private var isEncrypted = false
  private var (videos, encryptedVideos) = (0, 0)

  /// The numbers of elements so far, by kind.
  private struct Counts {
    var elements: Int64 = 0
    var tracks = 0, tags = 0, chapters = 0, attachments = 0
    var cues: Int64 = 0
    var lateCues: Int64 = 0
    var latestCue: UInt64 = 0
  }

  private static let maxDepth = 16
  private static let (maxTracks, maxTags, maxChapters, maxAttachments, maxNamed) = (
    256, 4096, 16_384, 256, 1024
  )

  /// The ids of elements, with their length markers.
  private enum ID {
    static let header: UInt64 = 0x1A45_DFA3, segment: UInt64 = 0x1853_8067, cluster: UInt64 = 0x1F43_B675
    static let tracks: UInt64 = 0x1654_AE6B, track: UInt64 = 0xAE, kind: UInt64 = 0x83
    static let encodings: UInt64 = 0x6D80, encoding: UInt64 = 0x6240, encryption: UInt64 = 0x5035
    static let cues: UInt64 = 0x1C53_BB6B, cue: UInt64 = 0xBB, cueTime: UInt64 = 0xB3
    static let tags: UInt64 = 0x1254_C367, tag: UInt64 = 0x7373, simpleTag: UInt64 = 0x67C8
    static let chapters: UInt64 = 0x1043_A770, edition: UInt64 = 0x45B9, chapter: UInt64 = 0xB6
    static let attachments: UInt64 = 0x1941_A469, attachment: UInt64 = 0x61A7
    static let seekHead: UInt64 = 0x114D_9B74, seek: UInt64 = 0x4DBB, position: UInt64 = 0x53AC
  }

  init(_ source: ByteSource) throws(Failure) {
    self.source = source
    window = try ByteWindow(source)
  }

  /// An element: its id, and the positions of its content.
  private struct Element {
    let id: UInt64
    let body: Int64
    /// The end of the element; nil if its size is unknown.
    let end: Int64?
  }

  mutating func run() throws(Failure) {
    var position: Int64 = 0
    while let element = try element(at: position, to: source.size) {
      if element.id == ID.segment { try checkSegment(element) }
      guard let end = element.end else { break }
      position = end
    }
    if videos > 0, videos == encryptedVideos { throw ContainerCheck.encrypted(source, nil) }
  }

  private mutating func checkSegment(_ segment: Element) throws(Failure) {
    let end = min(segment.end ?? source.size, source.size)
    var position = segment.body
    while let element = try element(at: position, to: end) {
      try count()
      guard let next = element.end else { break }
      if element.id != ID.cluster { try walk(element, depth: 1) }
      position = next
    }
    // FFmpeg reads the elements in the seek table, wherever they are.
    for offset in named {
      let (target, overflow) = segment.body.addingReportingOverflow(offset)
      if overflow || target <= position { continue }
      if let element = try element(at: target, to: source.size), element.id != ID.cluster {
        try walk(element, depth: 1)
      }
    }
    named = []
  }

  /// The element at `position`; nil at the end, or if there is none.
  private func element(at position: Int64, to end: Int64) throws(Failure) -> Element? {
    guard position < end, let first = try window.number(at: position, size: 1), first >= 0x10 else {
      return nil
    }
    let idSize = UInt8(first).leadingZeroBitCount + 1
    guard let id = try window.number(at: position, size: idSize),
      let second = try window.number(at: position + Int64(idSize), size: 1), second > 0
    else { return nil }
    let sizeSize = UInt8(second).leadingZeroBitCount + 1
    guard let marked = try window.number(at: position + Int64(idSize), size: sizeSize) else { return nil }
    let mask = (UInt64(1) << UInt64(7 * sizeSize)) - 1
    let size = marked & mask
    let body = position + Int64(idSize + sizeSize)
    if size == mask { return Element(id: id, body: body, end: nil) }
    let (stated, overflow) = body.addingReportingOverflow(Int64(size))
    return Element(id: id, body: body, end: overflow ? .max : stated)
  }

  private mutating func count() throws(Failure) {
    counts.elements += 1
    guard counts.elements <= (1 << 20) + source.size / 16 else {
      throw ContainerCheck.tooMany(source, "\(counts.elements) elements")
    }
  }

  private mutating func walk(_ parent: Element, depth: Int) throws(Failure) {
    guard depth <= Self.maxDepth else {
      throw ContainerCheck.tooMany(source, "elements more than \(Self.maxDepth) deep")
    }
    switch parent.id {
    case ID.tracks, ID.track, ID.encodings, ID.encoding, ID.cues, ID.cue, ID.tags, ID.tag, ID.simpleTag,
      ID.chapters,
      ID.edition, ID.chapter, ID.attachments, ID.seekHead, ID.seek:
      break
    default: return
    }
    let end = min(parent.end ?? source.size, source.size)
    if parent.id == ID.track { (isVideo, isEncrypted) = (false, false) }
    var position = parent.body
    while let element = try element(at: position, to: end) {
      try count()
      try note(element)
      try walk(element, depth: depth + 1)
      guard let next = element.end else { break }
      position = next
    }
    if parent.id == ID.track, isVideo {
      videos += 1
      if isEncrypted { encryptedVideos += 1 }
    }
  }

  private mutating func note(_ element: Element) throws(Failure) {
    let size = Int(min(8, max(0, (element.end ?? element.body) - element.body)))
    switch element.id {
    case ID.track:
      counts.tracks += 1
      try limit(counts.tracks, Self.maxTracks, "tracks")
    case ID.simpleTag:
      counts.tags += 1
      try limit(counts.tags, Self.maxTags, "tags")
    case ID.chapter:
      counts.chapters += 1
      try limit(counts.chapters, Self.maxChapters, "chapters")
    case ID.attachment:
      counts.attachments += 1
      try limit(counts.attachments, Self.maxAttachments, "attachments")
    case ID.kind: isVideo = size > 0 ? try window.number(at: element.body, size: size) == 1 : false
    case ID.encryption: isEncrypted = true
    case ID.position:
      if size > 0, named.count < Self.maxNamed, let offset = try window.integer(at: element.body, size: size)
      {
        named.append(offset)
      }
    case ID.cueTime:
      let time = size > 0 ? try window.number(at: element.body, size: size) ?? 0 : 0
      counts.cues += 1
      // FFmpeg inserts an entry with an earlier time among its earlier entries.
      if time < counts.latestCue { counts.lateCues += 1 }
      counts.latestCue = time
      guard counts.cues <= ContainerCheck.maxEntries(source), counts.cues * counts.lateCues <= 1 << 26 else {
        throw ContainerCheck.tooMany(
          source, "\(counts.cues) places to seek to, \(counts.lateCues) of them out of order")
      }
    default: break
    }
  }

  private func limit(_ count: Int, _ max: Int, _ what: String) throws(Failure) {
    if count > max { throw ContainerCheck.tooMany(source, "more than \(max) \(what)") }
  }
}
