import Testing

@testable import Index

/// Windows of a video are merged to moments.
@Suite struct MomentTests {
  /// An archive of two numbers a row whose scores by the query (1, 0) are given, for each video.
  private func archive(_ videos: [(path: String, scores: [Double])], shards: [Int] = []) throws -> Archive {
    let archive = try Archive(dimension: 2)
    var rows: [Archive.Row] = []
    for video in videos {
      for (window, score) in video.scores.enumerated() {
        rows.append(
          .init(
            path: video.path, start: Double(window), end: Double(window + 2),
            numbers: [Float(score), Float((1 - score * score).squareRoot())]))
      }
    }
    var start = 0
    for (shard, end) in (shards + [rows.count]).enumerated() {
      try archive.add(shard, Array(rows[start..<end]))
      start = end
    }
    return archive
  }

  private struct Span: Equatable {
    let row: Int
    let start, end: Double
    init(_ row: Int, _ start: Double, _ end: Double) { (self.row, self.start, self.end) = (row, start, end) }
    init(_ moment: Moment) { self.init(moment.row, moment.start, moment.end) }
  }

  private func spans(_ archive: Archive, count: Int, minimum: Double = -.infinity) throws -> [Span] {
    try archive.open().found([1, 0], count: count, minimum: minimum, merges: true).map(Span.init)
  }

  private let bumps = [0, 0, 0.5, 0.8, 0.6, 0, 0, 0, 0.7, 0, 0, 0]

  /// A moment has the windows beside its best one that score half-way from the mean, and not the flank beyond them.
  @Test func windowsOfABumpAreOneMoment() throws {
    let archive = try archive([("a", bumps), ("b", [0, 0, 0, 0, 0, 0.75, 0.2, 0])])
    #expect(try spans(archive, count: 3) == [Span(3, 2, 6), Span(17, 5, 7), Span(8, 8, 10)])
    #expect(try spans(archive, count: 1) == [Span(3, 2, 6)])
  }

  /// A video whose rows are in two shards is found as if they were in one.
  @Test(arguments: 1...11)
  func aShardMayEndAnywhere(end: Int) throws {
    let archive = try archive([("a", bumps), ("b", [0, 0, 0, 0])], shards: [end])
    #expect(try spans(archive, count: 2) == [Span(3, 2, 6), Span(8, 8, 10)])
  }

  /// Neighbouring rows of other videos, or with a hole between them, are not joined.
  @Test func otherVideosAreNotJoined() throws {
    let archive = try archive([("a", [0, 0, 0.9]), ("b", [0.9, 0, 0])])
    #expect(try spans(archive, count: 2) == [Span(2, 2, 4), Span(3, 0, 2)])
    let apart = try Archive(dimension: 2)
    try apart.add(
      0,
      [
        .init(path: "a", start: 0, end: 1, numbers: [1, 0]),
        .init(path: "a", start: 1.5, end: 2, numbers: [1, 0]),
        .init(path: "b", start: 0, end: 1, numbers: [0, 1]),
      ])
    #expect(try spans(apart, count: 2) == [Span(0, 0, 1), Span(1, 1.5, 2)])
  }

  /// A slope down from a moment is no moment, however many are asked for.
  @Test func flanksAreNoMoments() throws {
    let archive = try archive([("a", [0.9, 0.4, 0.3, 0.2, 0.1, 0]), ("b", [0, 0, 0, 0, 0, 0])])
    let found = try spans(archive, count: 12)
    #expect(found.first == Span(0, 0, 2))
    #expect(found.filter { $0.row < 6 }.count == 1)
  }

  /// The first moments are the same, however many more are asked for.
  @Test func aLongerListBeginsLikeAShorterOne() throws {
    var draws = Draws()
    let videos = (0..<40).map { video in
      ("v\(video)", (0..<25).map { _ in Double(draws.number()) * 0.9 })
    }
    let archive = try archive(videos, shards: [300, 650])
    let index = try archive.open()
    let all = try index.found([1, 0], count: 400, merges: true)
    #expect(all.count > 150)
    for count in [1, 10, 100] {
      let some = try index.found([1, 0], count: count, merges: true)
      #expect(some.map(Span.init) == all.prefix(count).map(Span.init))
    }
    #expect(zip(all, all.dropFirst()).allSatisfy { $0.score >= $1.score })
  }

  /// Rows of removed videos are not found, and no moment grows over them.
  @Test func removedRowsAreNotFound() throws {
    let archive = try archive([("a", bumps), ("b", [0, 0.3, 0])])
    try archive.write("removed.jsonl", Array("{\"path\":\"a\",\"shard\":0,\"row\":0,\"rows\":12}\n".utf8))
    let index = try archive.open()
    #expect(index.removedRows == 12)
    #expect(try index.found([1, 0], count: 9, merges: false).map(\.row) == [13, 12, 14])
    #expect(try spans(archive, count: 9) == [Span(13, 1, 3)])
  }
}
