import Testing

@testable import Index

/// The order of what is found is that of exact scores.
@Suite struct OrderTests {
  /// Rows of many videos in several shards, in an order that is not that of their paths.
  private func archive(_ rows: [[Float]], dimension: Int, half: Bool, shards: Int = 3) throws -> Archive {
    let archive = try Archive(dimension: dimension, half: half)
    let share = (rows.count + shards - 1) / shards
    for shard in 0..<shards {
      let own = min(shard * share, rows.count)..<min((shard + 1) * share, rows.count)
      try archive.add(
        shard,
        own.map {
          Archive.Row(
            path: "v\($0 * 7919 % 1000).mp4", start: Double($0), end: Double($0 + 1), numbers: rows[$0])
        })
    }
    return archive
  }

  /// The rows in the order of definition: by exact score, path, start.
  private func expected(_ rows: [[Float]], _ query: [Float]) -> [Int] {
    let scores = rows.map { product($0, query) }
    return rows.indices.sorted { a, b in
      if scores[a] != scores[b] { return scores[a] > scores[b] }
      let (first, second) = ("v\(a * 7919 % 1000).mp4", "v\(b * 7919 % 1000).mp4")
      return first != second ? first.utf8.lexicographicallyPrecedes(second.utf8) : a < b
    }
  }

  @Test(arguments: [false, true], [1, 33, 512])
  func randomRows(half: Bool, dimension: Int) throws {
    var draws = Draws()
    let rows = (0..<300).map { _ in draws.unit(dimension, half: half) }
    let archive = try archive(rows, dimension: dimension, half: half)
    let query = draws.unit(dimension)
    let order = expected(rows, query)
    for (threads, inMemory) in [(1, false), (2, true), (5, false)] {
      let index = try archive.open(threads: threads, inMemory: inMemory)
      for count in threads == 2 ? [1, 20, 300, 900] : [20] {
        let found = try index.found(query, count: count)
        #expect(found.map(\.row) == Array(order.prefix(count)))
        for moment in found { #expect(abs(moment.score - product(rows[moment.row], query)) < 1e-14) }
      }
    }
  }

  /// Rows fill many blocks and runs, whose best scores alone decide which are looked at.
  @Test(arguments: [(6000, 8), (500, 2048)])
  func manyRuns(count: Int, dimension: Int) throws {
    var draws = Draws()
    let query = draws.unit(dimension)
    // The best rows stand together, and others between rows that are none.
    let rows = (0..<count).map { row -> [Float] in
      if row % 97 == 5 { return query.map { $0 * 1.05 } }
      return row / 200 == 1 ? zip(query, draws.unit(dimension)).map { $0 + 1e-4 * $1 } : draws.unit(dimension)
    }
    let archive = try archive(rows, dimension: dimension, half: false)
    let removed = (0..<7).map { "{\"shard\":0,\"row\":\($0 * 11),\"rows\":2}\n" }
    let lost = Set((0..<7).flatMap { [$0 * 11, $0 * 11 + 1] })
    for isCut in [false, true] {
      if isCut { try archive.write("removed.jsonl", Array(removed.joined().utf8)) }
      let order = expected(rows, query).filter { $0 % 97 != 5 && !(isCut && lost.contains($0)) }
      // Rows of another length than 1 count in the mean, as long as no exact score tells.
      let counted = rows.indices.filter { !(isCut && lost.contains($0)) }
      let mean = counted.reduce(0) { $0 + product(rows[$1], query) } / Double(counted.count)
      for inMemory in [false, true] {
        let index = try archive.open(threads: 3, inMemory: inMemory)
        for wanted in [1, 20, 300, count] {
          #expect(try index.found(query, count: wanted).map(\.row) == Array(order.prefix(wanted)))
        }
        let scanned = try index.scan(SearchQuery(query, weights: nil, count: 1, dimension: dimension))
        #expect(abs(scanned.mean - mean) < 1e-6)
      }
    }
  }

  /// More shards than have their files open at a time, some of them without rows.
  @Test func manyShards() throws {
    var draws = Draws()
    let rows = (0..<75).map { _ in draws.unit(8) }
    let query = draws.unit(8)
    let order = expected(rows, query)
    let archive = try archive(rows, dimension: 8, half: false, shards: 50)
    for inMemory in [false, true] {
      let index = try archive.open(threads: 3, inMemory: inMemory)
      for count in [1, 20, 75] {
        #expect(try index.found(query, count: count).map(\.row) == Array(order.prefix(count)))
      }
    }
  }

  @Test func everyHalfIsItsNumber() {
    for bits in UInt16.min...UInt16.max {
      let (number, expected) = (ExactScore.number(half: bits), Float(Float16(bitPattern: bits)))
      if expected.isNaN ? !number.isNaN : number.bitPattern != expected.bitPattern {
        Issue.record("fp16 \(bits) is \(number), expected \(expected)")
      }
    }
  }

  /// A row in fp16 may be longer than 1 by a thousandth; its score is a cosine all the same.
  @Test func scoresAreCosines() throws {
    var draws = Draws()
    let rows = (0..<50).map { _ in draws.unit(512, half: true) }
    let archive = try archive(rows, dimension: 512, half: true)
    let index = try archive.open()
    for row in rows.indices {
      let found = try index.found(rows[row], count: 3)
      #expect(found[0].row == row && found[0].score <= 1 && found[0].score > 0.999)
      #expect(found.allSatisfy { $0.score >= -1 })
    }
    let opposite = try index.found(rows[0].map(-), count: 50)
    #expect(opposite.last?.row == 0 && (opposite.last?.score ?? -2) >= -1)
  }

  /// Many rows are the same, and others differ from them by less than fp32 sums can tell.
  @Test(arguments: [false, true])
  func tiedRows(half: Bool) throws {
    var draws = Draws()
    let dimension = 64
    let query = draws.unit(dimension)
    let base = draws.unit(dimension, half: half)
    let rows = (0..<400).map { row -> [Float] in
      var numbers = base
      switch row % 4 {
      case 0: break
      case 1: numbers.swapAt(row % 60, row % 60)
      case 2:
        let place = row % 64
        numbers[place] =
          half ? Float(Float16(numbers[place]).nextUp) : numbers[place].nextUp
      default: numbers = draws.unit(dimension, half: half)
      }
      return numbers
    }
    let archive = try archive(rows, dimension: dimension, half: half)
    let index = try archive.open()
    let order = expected(rows, query)
    for count in [1, 7, 100, 220, 400] {
      #expect(try index.found(query, count: count).map(\.row) == Array(order.prefix(count)))
    }
  }

  /// Bits that are no embedding are never found, wherever they stand, and hide nothing.
  @Test(arguments: [false, true])
  func hostileRows(half: Bool) throws {
    var draws = Draws()
    let dimension = 40
    var rows = (0..<300).map { _ in draws.unit(dimension, half: half) }
    let query = draws.unit(dimension)
    for row in stride(from: 0, to: 300, by: 3) {
      let bad: [Float] = [.nan, .infinity, -.infinity, 60000, -60000, 0]
      rows[row] = [Float](repeating: bad[row / 3 % 6], count: dimension)
      // Some are the query's own direction, too long to be an embedding.
      if row % 2 == 0 { rows[row] = query.map { $0 * (row % 4 == 0 ? 1.05 : 0.9) } }
    }
    let archive = try archive(rows, dimension: dimension, half: half)
    let sound = expected(rows.enumerated().map { $0 % 3 == 0 ? query.map { -9 * $0 } : $1 }, query).filter {
      $0 % 3 != 0
    }
    for inMemory in [false, true] {
      let found = try archive.open(inMemory: inMemory).found(query, count: 300)
      #expect(found.map(\.row) == sound)
      let best = try archive.open(inMemory: inMemory).found(query, count: 5)
      #expect(best.map(\.row) == Array(sound.prefix(5)))
    }
  }

  @Test func minimumScoreEndsTheList() throws {
    var draws = Draws()
    let rows = (0..<200).map { _ in draws.unit(16) }
    let archive = try archive(rows, dimension: 16, half: false)
    let query = draws.unit(16)
    let order = expected(rows, query)
    let limit = product(rows[order[9]], query)
    let index = try archive.open()
    for merges in [false, true] {
      let found = try index.found(query, count: 150, minimum: limit, merges: merges)
      #expect(found.allSatisfy { $0.score >= limit })
      if !merges { #expect(found.map(\.row) == Array(order.prefix(10))) }
    }
    #expect(try index.found(query, count: 5, minimum: 2).isEmpty)
  }

  /// A query is the weighted sum of directions: lengths do not count, and a negative weight takes a direction away.
  @Test func queryArithmetic() throws {
    let archive = try Archive(dimension: 2)
    try archive.add(
      0,
      [
        .init(path: "a", start: 0, end: 1, numbers: [1, 0]),
        .init(path: "b", start: 0, end: 1, numbers: [0, 1]),
        .init(path: "c", start: 0, end: 1, numbers: [0.70710677, 0.70710677]),
      ])
    let index = try archive.open()
    func best(_ vectors: [Float], _ weights: [Float]?) throws -> Int {
      try #require(index.found(vectors, weights: weights, count: 1).first).row
    }
    #expect(try best([5, 0, 0, 0.1], nil) == 2)
    #expect(try best([5, 5, 0, 1], [1, -1]) == 0)
    #expect(try best([1, 0, 0, 1], [1, 10]) == 1)
    for (vectors, weights) in [
      ([1, 0, 2, 0], [1, -1]), ([0, 0], [1]), ([.nan, 1], [1]), ([1, 0], [.infinity]), ([.infinity, 0], [1]),
    ] as [([Float], [Float])] {
      #expect(throws: (any Error).self) { try index.found(vectors, weights: weights, count: 1) }
    }
  }
}
