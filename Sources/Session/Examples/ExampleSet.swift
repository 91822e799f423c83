import Numerics
import System
import Text

/// A clip among examples.
struct ExampleClip: BitwiseCopyable, Sendable {
  /// 0 or more where the caller chose it, below 0 where the library did.
  let id: Int64
  /// The index of its label in the set's labels.
  let label: Int
  var views: Int
  /// The row of its latest view.
  var lastRow: Int
}

/// The clips that embeddings are views of.
public enum ClipChoice {
  /// Each embedding is a clip of its own.
  case each
  /// All embeddings are views of one clip; nil: a new one.
  case one(Int64?)
  /// An id for each embedding, 0 or more.
  case given(UnsafePointer<Int64>)
}

/// Labelled embeddings of clips, each of one or more views. A set never changes; adding to it makes another one, which
/// shares its rows.
final class ExampleSet: @unchecked Sendable {
  // Unchecked: nothing writes to the arrays once `init` has ended, nor to the set's rows of the storage.

  let embeddingSize: Int
  /// The labels that some clip has had, in the order of adding.
  private(set) var labels: TextList
  /// The clips, in the order of adding.
  private(set) var clips = GrowingArray<ExampleClip>()
  /// The clip of each row. [n]
  private(set) var clipOfRow = GrowingArray<Int>()
  /// The row of the same clip before each row; -1 if it is the first. [n]
  private var rowBefore = GrowingArray<Int>()
  private var storage: RowStorage
  private var index: ClipIndex
  /// The id of the next clip that has none.
  private var nextID: Int64 = -1

  /// Rows of all clips' views.
  var count: Int { clipOfRow.count }

  static let maximumRows = 1 << 24

  /// A set without clips.
  init(embeddingSize: Int) throws(Failure) {
    self.embeddingSize = embeddingSize
    labels = TextList()
    storage = try RowStorage(capacity: 0, size: embeddingSize)
    index = try ClipIndex(clips)
  }

  /// A set of these clips and rows, whose views and last rows are filled in.
  init(
    labels: TextList, clips given: consuming GrowingArray<ExampleClip>,
    clipOfRow rows: consuming GrowingArray<Int>, _ embeddings: FloatBuffer, size: Int
  ) throws(Failure) {
    self.labels = labels
    embeddingSize = size
    storage = try RowStorage(capacity: rows.count, size: size, copying: embeddings.pointer, count: rows.count)
    extendLifetime(embeddings)
    index = try ClipIndex(given)
    rowBefore = try GrowingArray(capacity: rows.count)
    for row in 0..<rows.count {
      try rowBefore.append(given[rows[row]].lastRow)
      given[rows[row]].lastRow = row
      given[rows[row]].views += 1
    }
    for clip in 0..<given.count { nextID = min(nextID, given[clip].id - 1) }
    clips = given
    clipOfRow = rows
  }

  /// A copy for appending `added` rows of a label. The labels are shared unless there is a new one.
  private init(_ other: ExampleSet, adding added: Int) throws(Failure) {
    embeddingSize = other.embeddingSize
    labels = other.labels
    nextID = other.nextID
    let count = other.count
    clips = try GrowingArray(capacity: other.clips.count + added)
    try clips.append(contentsOf: other.clips.view)
    clipOfRow = try GrowingArray(capacity: count + added)
    try clipOfRow.append(contentsOf: other.clipOfRow.view)
    rowBefore = try GrowingArray(capacity: count + added)
    try rowBefore.append(contentsOf: other.rowBefore.view)
    index = try ClipIndex(copying: other.index)
    if other.storage.claim(added, from: count) {
      storage = other.storage
    } else {
      storage = try RowStorage(
        capacity: max(16, 2 * (count + added)), size: embeddingSize, copying: other.storage.floats.pointer,
        count: count)
      _ = storage.claim(added, from: count)
    }
  }

  /// The embedding of a row, of unit length. [E]
  func row(_ row: Int) -> UnsafePointer<Float> { UnsafePointer(storage.row(row)) }

  /// The index of the clip with an id; nil if there is none.
  func clip(_ id: Int64) -> Int? { index.find(id, in: clips) }

  func label(of clip: ExampleClip) -> UnsafeBufferPointer<UInt8> { labels[clip.label] }

  /// Copies all rows to `out` [n, E].
  func copyRows(to out: UnsafeMutablePointer<Float>) {
    out.update(from: storage.floats.pointer, count: count * embeddingSize)
    extendLifetime(self)
  }

  // MARK: - Other sets made from this one

  /// This set and more rows of a label, scaled to unit length. `videos` are rows of `stride` floats, each of which begins
  /// with an embedding [E].
  func adding(
    _ videos: UnsafePointer<Float>, stride: Int, _ count: Int, label: UnsafeBufferPointer<UInt8>,
    _ clips: ClipChoice
  ) throws(Failure) -> ExampleSet {
    guard count <= ExampleSet.maximumRows - self.count else {
      throw .limit(
        "\(count) more examples beside \(self.count) are too many; at most \(ExampleSet.maximumRows) are kept"
      )
    }
    let set = try ExampleSet(self, adding: count)
    let label = try set.index(ofLabel: label)
    for row in 0..<count {
      try checkCancelled()
      try unitRow(videos + row * stride, row, to: set.storage.row(self.count + row))
      let id: Int64? =
        switch clips {
        case .each: nil
        case .one(let id): row == 0 ? id : set.clips[set.clipOfRow[set.count - 1]].id
        case .given(let ids): ids[row]
        }
      if case .given(let ids) = clips, ids[row] < 0 {
        throw .argument("clip_ids[\(row)] is \(ids[row]), expected 0 or more")
      }
      try set.append(row: row, of: label, id)
    }
    return set
  }

  private func index(ofLabel label: UnsafeBufferPointer<UInt8>) throws(Failure) -> Int {
    for index in 0..<labels.count where labels[index].elementsEqual(label) { return index }
    let more = TextList()
    for index in 0..<labels.count { try more.append(labels[index]) }
    try more.append(label)
    labels = more
    return labels.count - 1
  }

  /// Writes an embedding [E] scaled to unit length. `row` names it in messages.
  private func unitRow(
    _ video: UnsafePointer<Float>, _ row: Int, to out: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    guard allFinite(video, count: embeddingSize) else {
      throw Failure(.notFinite, "video embedding \(row) holds NaN or infinity")
    }
    var square = 0.0
    for i in 0..<embeddingSize { square += Double(video[i]) * Double(video[i]) }
    guard square > 0 else { throw .argument("video embedding \(row) is all zeros, which shows nothing") }
    let factor = 1 / square.squareRoot()
    for i in 0..<embeddingSize { out[i] = Float(Double(video[i]) * factor) }
  }

  /// Adds the next row, whose embedding is written, to the clip with an id, or to a new clip.
  private func append(row: Int, of label: Int, _ id: Int64?) throws(Failure) {
    let last = count
    guard let id, let clip = self.clip(id) else {
      try clips.append(ExampleClip(id: id ?? nextID, label: label, views: 1, lastRow: last))
      if id == nil { nextID -= 1 }
      try index.insertLast(of: clips)
      try clipOfRow.append(clips.count - 1)
      return try rowBefore.append(-1)
    }
    let known = clips[clip]
    guard known.label == label else {
      throw .argument(
        "clip_ids[\(row)]: clip \(id) is an example of \(quoted(labels[known.label], limit: 60)) already")
    }
    var other = known.lastRow
    while other >= 0 {
      if hasSameEmbedding(other, last) {
        throw .argument("video embedding \(row) is in clip \(id) already; give each view once")
      }
      other = rowBefore[other]
    }
    try rowBefore.append(known.lastRow)
    try clipOfRow.append(clip)
    clips[clip].views += 1
    clips[clip].lastRow = last
  }

  private func hasSameEmbedding(_ a: Int, _ b: Int) -> Bool {
    let (x, y) = (storage.row(a), storage.row(b))
    return (0..<embeddingSize).allSatisfy { x[$0] == y[$0] }
  }

  /// This set without some clips, whose indices `isRemoved` tells.
  func removing(_ isRemoved: (Int) -> Bool) throws(Failure) -> ExampleSet {
    let set = try ExampleSet(embeddingSize: embeddingSize)
    set.labels = labels
    set.nextID = nextID
    var newIndex = try GrowingArray<Int>(repeating: -1, count: clips.count)
    for clip in 0..<clips.count where !isRemoved(clip) {
      newIndex[clip] = set.clips.count
      var kept = clips[clip]
      kept.lastRow = -1
      try set.clips.append(kept)
    }
    let rows = clipOfRow.view.count { newIndex[$0] >= 0 }
    set.storage = try RowStorage(capacity: rows, size: embeddingSize)
    for row in 0..<count where newIndex[clipOfRow[row]] >= 0 {
      let (clip, place) = (newIndex[clipOfRow[row]], set.count)
      _ = set.storage.claim(1, from: place)
      set.storage.row(place).update(from: storage.row(row), count: embeddingSize)
      try set.rowBefore.append(set.clips[clip].lastRow)
      set.clips[clip].lastRow = place
      try set.clipOfRow.append(clip)
    }
    set.index = try ClipIndex(set.clips)
    return set
  }
}
