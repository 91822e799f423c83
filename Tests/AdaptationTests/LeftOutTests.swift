import Numerics
import System
import Testing

@testable import Adaptation

/// A fit's answers about clips that it leaves out are those of a fit without them.
@Suite struct LeftOutTests {
  static let scale = 20.0

  private func world() throws -> (World, [Example]) {
    var world = try World(labels: 6, size: 24)
    var examples = world.clips([0, 1, 2], each: 4) + world.clips([3], each: 2, views: 3)
    examples += world.clips([4], each: 1)
    return (world, examples)
  }

  /// Compares scores of left-out rows with those of a fit without them, for every clip and every label.
  private func compare(
    _ make: (OrderedRows) throws -> ClipScores
  ) throws {
    let (_, examples) = try world()
    let rows = try OrderedRows(support(examples))
    let scores = try make(rows)
    for row in 0..<rows.count {
      let example = examples[rows.source[row]]
      for isLabel in [false, true] {
        let rest = examples.filter { isLabel ? $0.label != example.label : $0.clip != example.clip }
        let without = try OrderedRows(support(rest))
        let refit = try make(without)
        for column in 0..<without.labelCount {
          var expected = refit.offsets[column]
          for i in 0..<rows.embeddingSize { expected += refit.weights[column, i] * Double(example.row[i]) }
          let label = without.labels[column]
          let own = (0..<rows.labelCount).first { rows.labels[$0] == label }!
          let found = isLabel ? scores.labelLeftOut[row, own] : scores.clipLeftOut[row, own]
          #expect(abs(found - expected) < 1e-9, "row \(row), label \(label), all of it: \(isLabel)")
        }
        if !isLabel, rows.clipCounts[rows.columns[row]] == 1 {
          #expect(scores.clipLeftOut[row, rows.columns[row]].isNaN)
        }
      }
    }
  }

  @Test func prototypes() throws { try compare { try ClipScores.prototypes($0, pool: nil) } }

  /// More features than rows, and fewer.
  @Test(arguments: [0.01, 0.5, 20]) func ridge(strength: Double) throws {
    try compare { rows in
      let ridge = try Ridge(rows, pool: nil)
      return try ridge.scores(ridge.fit(strength))
    }
  }
}

extension LeftOutTests {
  /// A label with more rows than features is left out another way.
  @Test func aLargeLabelLeftOutOfRidge() throws {
    var world = try World(labels: 4, size: 6)
    let examples = world.clips([0], each: 12) + world.clips([1, 2], each: 3)
    let rows = try OrderedRows(support(examples))
    let ridge = try Ridge(rows, pool: nil)
    let scores = try ridge.scores(ridge.fit(0.5))
    let without = try OrderedRows(support(examples.filter { $0.label != 0 }))
    let rest = try Ridge(without, pool: nil)
    let refit = try rest.scores(rest.fit(0.5))
    for row in rows.labelRows(0) {
      for column in 0..<2 {
        var expected = refit.offsets[column]
        for i in 0..<6 { expected += refit.weights[column, i] * rows.row(row)[i] }
        #expect(abs(scores.labelLeftOut[row, column + 1] - expected) < 1e-9)
      }
    }
  }
}
