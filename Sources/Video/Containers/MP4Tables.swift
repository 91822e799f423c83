import System

/// Checks the tables in MP4's boxes: the entries that each one claims against its bytes, and the totals of all.
struct MP4Tables {
  /// The properties of one track, gathered from its boxes.
  struct Track {
    var isPictures = false
    var isSound = false
    /// The number of sample descriptions.
    var descriptions = 0
    /// The number of sample descriptions of encrypted samples.
    var encrypted = 0
    var samples: Int64 = 0
    /// The size of all samples in bytes.
    var bytes: Int64 = 0
    /// Whether the file ends before some of the samples.
    var isCut = false
    /// The position of the first chunk; nil without one.
    var firstChunk: Int64?
    /// The longest distance between key samples, in samples.
    var longestRun: Int64 = 1
    /// The number of the last key sample; nil if every sample is one.
    var lastKey: Int64?
    var chunks: Int64 = 0
    var largestChunk: Int64 = 0
    var timescale: Int64 = 1
    /// The duration of all samples, in units of `timescale`.
    var duration: Int64 = 0
    /// Whether every sample lasts one unit, and the table says so in one run.
    var isOfUnits = false
    /// Whether a handler names neither pictures nor sound. FFmpeg uses the last handler.
    var hasOtherHandler = false
    /// Whether the track is uncompressed sound, which FFmpeg indexes by chunks. Valid once all boxes of the track are
    /// read, since they may be in any order.
    var isPlainSound: Bool { isOfUnits && isSound && !isPictures && !hasOtherHandler }
    /// The edit list: the position of its entries, their number, and whether they have 64-bit fields.
    var edits: (position: Int64, count: Int64, isWide: Bool)?
  }

  private(set) var tracks: [Track] = []
  private var isInTrack = false
  private let window: ByteWindow
  private let source: ByteSource
  /// The limit on entries of all tables of one kind.
  private let maxEntries: Int64
  private var movieTimescale: Int64 = 1
  private var fragments: Int64 = 0
  private var indexes: Int64 = 0
  private var samplesOfFragments: Int64 = 0
  private var samplesOfTracks: Int64 = 0
  private var scheme: String?

  init(_ window: ByteWindow) {
    self.window = window
    source = window.source
    maxEntries = ContainerCheck.maxEntries(source)
  }

  /// Whether the latest track has pictures.
  var isPictures: Bool { tracks.last?.isPictures ?? false }

  /// Begins a track. Throws for a track inside another one, which FFmpeg would mix up.
  mutating func beginTrack() throws(Failure) {
    guard !isInTrack else {
      throw Failure(.invalidVideo, "\(source.name) is damaged: it has a track (trak) within another one")
    }
    isInTrack = true
    tracks.append(Track())
  }

  mutating func addEntry(_ type: String) {
    guard !tracks.isEmpty else { return }
    tracks[tracks.count - 1].descriptions += 1
    // These are the sample entries of Common Encryption and FairPlay.
    if ["encv", "enca", "drmi", "drms"].contains(type) {
      tracks[tracks.count - 1].encrypted += 1
      if scheme == nil, type.hasPrefix("drm") { scheme = "FairPlay" }
    }
  }

  mutating func addFragments(_ count: Int64) throws(Failure) {
    fragments += count
    // FFmpeg keeps an entry for each track in each fragment.
    guard fragments * Int64(max(1, tracks.count)) <= (1 << 20) + source.size / 8 else {
      throw ContainerCheck.tooMany(source, "\(fragments) fragments of \(tracks.count) tracks")
    }
  }

  /// Reads a box that contains no others. Unknown types are ignored.
  mutating func read(_ type: String, from body: Int64, to end: Int64) throws(Failure) {
    switch type {
    case "hdlr": try readHandler(body)
    case "mvhd": movieTimescale = try timescale(body)
    case "mdhd": if !tracks.isEmpty { tracks[tracks.count - 1].timescale = try timescale(body) }
    case "elst":
      let version = try window.integer(at: body, size: 1) ?? 0
      let count = try entries(type, at: body + 4, of: version == 1 ? 20 : 12, to: end)
      if !tracks.isEmpty { tracks[tracks.count - 1].edits = (body + 8, count, version == 1) }
    case "keys":
      let count = try entries(type, at: body + 4, of: 8, to: end)
      guard count <= 4096 else { throw ContainerCheck.tooMany(source, "\(count) keys of metadata") }
    case "stts", "ctts", "stsz", "stz2", "stss", "stps", "stco", "co64", "stsc":
      try readSampleTable(type, from: body, to: end)
    case "sbgp", "sgpd", "subs", "saio", "saiz", "senc", "pssh", "schm":
      try readGroupsOrEncryption(type, from: body, to: end)
    case "tfra": _ = try entries(type, at: body + 12, of: 11, to: end)
    case "sidx": try readFragmentIndex(body)
    case "trun": try readRun(from: body, to: end)
    default: break
    }
  }

  /// Reads one of the tables (stbl) that list a track's samples.
  private mutating func readSampleTable(
    _ type: String, from body: Int64, to end: Int64
  ) throws(Failure) {
    switch type {
    case "stts": try readTimes(from: body, to: end)
    case "ctts": try checkSum(type, from: body, to: end)
    case "stsz": try readSizes(from: body, to: end)
    case "stz2":
      let bits = max(4, try window.integer(at: body + 7, size: 1) ?? 4)
      let count = try count(type, at: body + 8)
      try require(count, type, fits: count * bits <= (end - body - 12) * 8)
      setSamples(count)
    case "stss": try readKeys(from: body, to: end)
    case "stps": _ = try entries(type, at: body + 4, of: 4, to: end)
    case "stco": try readOffsets(type, size: 4, from: body, to: end)
    case "co64": try readOffsets(type, size: 8, from: body, to: end)
    default: try readChunks(from: body, to: end)  // stsc
    }
  }

  /// Reads sample groups, subsamples, and the tables of encrypted files.
  private mutating func readGroupsOrEncryption(
    _ type: String, from body: Int64, to end: Int64
  ) throws(Failure) {
    let (version, flags) = try versionAndFlags(body)
    let afterType = body + (flags & 1 != 0 ? 12 : 4)
    switch type {
    case "sbgp": _ = try entries(type, at: body + (version == 1 ? 12 : 8), of: 8, to: end)
    case "sgpd": _ = try entries(type, at: body + (version >= 1 ? 12 : 8), of: 1, to: end)
    case "subs": _ = try entries(type, at: body + 4, of: 6, to: end)
    case "saio": _ = try entries(type, at: afterType, of: version == 0 ? 4 : 8, to: end)
    case "saiz":
      let usual = try window.integer(at: afterType, size: 1) ?? 0
      if usual == 0 {
        _ = try entries(type, at: afterType + 1, of: 1, to: end)
      } else {
        try limit(count(type, at: afterType + 1), type)
      }
    case "senc": try limit(count(type, at: body + 4), type)
    case "pssh": if version > 0 { _ = try entries(type, at: body + 20, of: 16, to: end) }
    default:  // schm
      guard let code = try window.number(at: body + 4, size: 4) else { return }
      let bytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: code >> $0) }
      scheme = bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F } ? String(decoding: bytes, as: UTF8.self) : nil
    }
  }

  // MARK: - Single tables

  private mutating func readHandler(_ body: Int64) throws(Failure) {
    let kind = try window.number(at: body + 8, size: 4)
    guard !tracks.isEmpty else { return }
    switch kind {
    case 0x7669_6465: tracks[tracks.count - 1].isPictures = true  // vide
    case 0x736F_756E: tracks[tracks.count - 1].isSound = true  // soun
    case 0x7375_6270, 0x636C_6370, 0x6D31_6120:  // subp, clcp, m1a
      tracks[tracks.count - 1].hasOtherHandler = true
    default: break  // handlers of metadata and data references
    }
  }

  private mutating func readFragmentIndex(_ body: Int64) throws(Failure) {
    let version = try window.integer(at: body, size: 1) ?? 0
    let count = try window.integer(at: body + (version == 0 ? 22 : 30), size: 2) ?? 0
    indexes += 1
    try addFragments(count)
    // FFmpeg may insert each entry among its earlier ones.
    guard indexes * fragments <= 1 << 26 else {
      throw ContainerCheck.tooMany(source, "\(indexes) indexes of fragments")
    }
  }

  private mutating func readOffsets(
    _ type: String, size: Int, from body: Int64, to end: Int64
  ) throws(Failure) {
    let count = try entries(type, at: body + 4, of: Int64(size), to: end)
    guard !tracks.isEmpty else { return }
    tracks[tracks.count - 1].chunks = count
    for index in 0..<count where !tracks[tracks.count - 1].isCut {
      let offset = try window.number(at: body + 8 + index * Int64(size), size: size) ?? 0
      if index == 0 { tracks[tracks.count - 1].firstChunk = Int64(clamping: offset) }
      if offset >= UInt64(source.size) { tracks[tracks.count - 1].isCut = true }
    }
  }

  private func timescale(_ body: Int64) throws(Failure) -> Int64 {
    let version = try window.integer(at: body, size: 1) ?? 0
    return max(1, try window.integer(at: body + (version == 1 ? 20 : 12), size: 4) ?? 1)
  }

  private func versionAndFlags(_ body: Int64) throws(Failure) -> (Int64, Int64) {
    let both = try window.integer(at: body, size: 4) ?? 0
    return (both >> 24, both & 0xFF_FFFF)
  }

  private func count(_ type: String, at position: Int64) throws(Failure) -> Int64 {
    guard let count = try window.integer(at: position, size: 4) else {
      throw Failure(.invalidVideo, "\(source.name) is damaged: its \(type) table is cut short")
    }
    return count
  }

  private func require(_ count: Int64, _ type: String, fits: Bool) throws(Failure) {
    if !fits { throw ContainerCheck.claimsTooMuch(source, "its \(type) table claims \(count) entries") }
  }

  /// The number of entries that a table claims, which is at `position`. Throws unless there is room after it for as
  /// many entries of `size` bytes.
  private func entries(
    _ type: String, at position: Int64, of size: Int64, to end: Int64
  ) throws(Failure) -> Int64 {
    let count = try count(type, at: position)
    try require(count, type, fits: count * size <= end - position - 4)
    return count
  }

  private func limit(_ count: Int64, _ type: String) throws(Failure) {
    try require(count, type, fits: count <= maxEntries)
  }

  /// Sums the counts in a table of runs, each a count and a value. Throws for a sum that the file cannot hold.
  private func checkSum(_ type: String, from body: Int64, to end: Int64) throws(Failure) {
    let count = try entries(type, at: body + 4, of: 8, to: end)
    // Uncompressed sound has a sample for every few bits.
    let limit = tracks.last?.isSound == true ? self.maxEntries + 8 * source.size : self.maxEntries
    var sum: Int64 = 0
    for index in 0..<count {
      sum += try window.integer(at: body + 8 + index * 8, size: 4) ?? 0
      guard sum <= limit else {
        throw ContainerCheck.claimsTooMuch(source, "its \(type) table claims \(sum) samples and more")
      }
    }
  }

  private mutating func readTimes(from body: Int64, to end: Int64) throws(Failure) {
    try checkSum("stts", from: body, to: end)
    guard !tracks.isEmpty else { return }
    let count = try count("stts", at: body + 4)
    var duration: Int64 = 0
    for index in 0..<count {
      let run = try window.integer(at: body + 8 + index * 8, size: 4) ?? 0
      let each = try window.integer(at: body + 12 + index * 8, size: 4) ?? 0
      if each < 1 << 31 { duration = duration.addingReportingOverflow(run * each).partialValue }
    }
    let first = try window.integer(at: body + 12, size: 4) ?? 0
    tracks[tracks.count - 1].duration = max(0, duration)
    tracks[tracks.count - 1].isOfUnits = count == 1 && first == 1
  }

  private mutating func readSizes(from body: Int64, to end: Int64) throws(Failure) {
    let usual = try window.integer(at: body + 4, size: 4) ?? 0
    if usual == 0 {
      let count = try entries("stsz", at: body + 8, of: 4, to: end)
      var bytes: Int64 = 0
      for index in 0..<count { bytes += try window.integer(at: body + 12 + index * 4, size: 4) ?? 0 }
      setSamples(count, bytes: bytes)
    } else {
      let count = try count("stsz", at: body + 8)
      setSamples(count, bytes: count.multipliedReportingOverflow(by: usual).partialValue)
    }
  }

  private mutating func setSamples(_ count: Int64, bytes: Int64 = 0) {
    guard !tracks.isEmpty else { return }
    tracks[tracks.count - 1].samples = count
    tracks[tracks.count - 1].bytes = bytes
  }

  private mutating func readKeys(from body: Int64, to end: Int64) throws(Failure) {
    let count = try entries("stss", at: body + 4, of: 4, to: end)
    guard !tracks.isEmpty else { return }
    var (previous, longest): (Int64, Int64) = (1, 1)
    for index in 0..<count {
      let key = try window.integer(at: body + 8 + index * 4, size: 4) ?? 0
      longest = max(longest, key - previous)
      previous = key
    }
    tracks[tracks.count - 1].longestRun = longest
    tracks[tracks.count - 1].lastKey = previous
  }

  private mutating func readChunks(from body: Int64, to end: Int64) throws(Failure) {
    let count = try entries("stsc", at: body + 4, of: 12, to: end)
    guard !tracks.isEmpty else { return }
    for index in 0..<count {
      let samples = try window.integer(at: body + 12 + index * 12, size: 4) ?? 0
      tracks[tracks.count - 1].largestChunk = max(tracks[tracks.count - 1].largestChunk, samples)
    }
  }

  private mutating func readRun(from body: Int64, to end: Int64) throws(Failure) {
    let (_, flags) = try versionAndFlags(body)
    let count = try count("trun", at: body + 4)
    let before: Int64 = 8 + (flags & 1 != 0 ? 4 : 0) + (flags & 4 != 0 ? 4 : 0)
    let each = Int64((flags & 0xF00).nonzeroBitCount) * 4
    try require(count, "trun", fits: count * each <= end - body - before)
    samplesOfFragments += count
    guard samplesOfFragments <= maxEntries else {
      throw ContainerCheck.claimsTooMuch(source, "its fragments claim \(samplesOfFragments) samples and more")
    }
  }

  // MARK: - Totals

  mutating func endTrack() throws(Failure) {
    isInTrack = false
    guard let track = tracks.last else { return }
    // FFmpeg groups up to 1024 samples of uncompressed sound.
    samplesOfTracks += track.isPlainSound ? track.chunks * (track.largestChunk / 1024 + 1) : track.samples
    guard samplesOfTracks <= maxEntries else {
      throw ContainerCheck.claimsTooMuch(source, "its tracks claim \(samplesOfTracks) samples and more")
    }
    // If the file was cut off, the table lists samples beyond its end.
    guard track.isCut || track.bytes <= 4 * source.size + 65_536 else {
      throw ContainerCheck.tooMany(source, "samples of \(track.bytes) bytes in all, listed over and over")
    }
    try checkEdits(of: track)
  }

  /// Limits edits, since FFmpeg lists the samples of each again, from the key frame before it to the one after it.
  private func checkEdits(of track: Track) throws(Failure) {
    guard let edits = track.edits, edits.count > 1 else { return }
    let run = track.lastKey.map { max(track.longestRun, track.samples - $0 + 1) } ?? 1
    var listed: Int64 = 0
    for index in 0..<edits.count {
      let position = edits.position + index * (edits.isWide ? 20 : 12)
      let size = edits.isWide ? 8 : 4
      let length = try window.number(at: position, size: size) ?? 0
      let begin = try window.number(at: position + Int64(size), size: size) ?? 0
      if begin == (edits.isWide ? .max : 0xFFFF_FFFF) { continue }  // an empty edit
      let seconds = Double(length) / Double(movieTimescale)
      let share = track.duration > 0 ? seconds * Double(track.timescale) / Double(track.duration) : 1
      let covered = Int64(min(1, share) * Double(track.samples))
      listed += min(track.samples, covered + 2 * run)
      guard listed <= 4 * track.samples + 16_384, index * track.samples <= 1 << 28 else {
        throw ContainerCheck.tooMany(
          source, "\(edits.count) edits that list \(track.samples) samples over and over")
      }
    }
  }

  /// The number of pictures that the index lists, if the file ends before some of them; nil if it does not, or if
  /// there are several tracks of pictures.
  var cutPictures: Int64? {
    let pictures = tracks.filter(\.isPictures)
    guard pictures.count == 1 else { return nil }
    // Samples lie one after another, so all of them end here at the earliest.
    var end = tracks.compactMap(\.firstChunk).min() ?? 0
    for track in tracks {
      let (sum, overflow) = end.addingReportingOverflow(track.bytes)
      end = overflow ? .max : sum
    }
    return pictures[0].isCut || end > source.size ? pictures[0].samples : nil
  }

  mutating func finish(hasFragments: Bool) throws(Failure) {
    let pictures = tracks.filter(\.isPictures)
    if !pictures.isEmpty, pictures.allSatisfy({ $0.descriptions > 0 && $0.encrypted == $0.descriptions }) {
      throw ContainerCheck.encrypted(source, scheme)
    }
    if !pictures.isEmpty, !hasFragments, pictures.allSatisfy({ $0.samples == 0 }) {
      throw Failure(
        .invalidVideo,
        "\(source.name) has no pictures: its index (moov) lists none, as when a recording was not closed")
    }
  }
}
