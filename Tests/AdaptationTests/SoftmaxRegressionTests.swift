import Numerics
import System
import Testing

@testable import Adaptation

/// Softmax regression finds the minimum that scipy finds of the same objective (scripts/make_softmax_fixture.py).
@Suite struct SoftmaxRegressionTests {
  private let clips: [[Float]] = [
    [-0.6001, -0.4353, -0.1352, 0.0054, 0.6573],
    [-0.0832, -0.9055, -0.1567, -0.0954, 0.3734],
    [-0.7678, -0.5930, -0.1243, 0.0948, 0.1853],
    [-0.3966, -0.7667, -0.4377, 0.2123, 0.1351],
    [0.3477, -0.0150, -0.8133, 0.3468, 0.3117],
    [0.0484, -0.1892, -0.7999, 0.2111, 0.5267],
    [0.3713, -0.6506, -0.1200, -0.0169, 0.6513],
    [-0.1074, -0.0237, -0.1392, 0.9647, 0.1946],
    [0.3490, -0.2104, -0.5331, 0.5724, 0.4713],
    [-0.0162, -0.4261, -0.3833, 0.8186, -0.0338],
  ]
  private let labels = [0, 0, 0, 0, 1, 1, 1, 2, 2, 2]
  private let texts: [[Float]] = [
    [-0.4047, -0.6684, -0.1253, 0.2122, 0.5733],
    [0.0537, -0.2707, -0.3845, 0.3668, 0.8009],
    [0.1206, -0.5453, -0.4237, 0.7075, 0.0897],
    [-0.7751, -0.0375, -0.5205, -0.2816, -0.2184],
  ]
  private let expected: [[Double]] = [
    [-0.05880206, 0.00152961, -0.01359768, 0.01122782, -0.04023116],
    [0.02238657, 0.01138401, -0.07402452, -0.11904716, -0.01159728],
    [0.04408691, -0.01965519, 0.09805618, 0.11827797, 0.06578263],
  ]

  @Test func theMinimumIsThatOfSciPy() throws {
    let scale = 20.0
    var examples: [Example] = []
    for (index, row) in clips.enumerated() {
      examples.append(Example(row: row, label: labels[index], clip: Int64(index)))
    }
    let flat = texts.flatMap { $0 }
    let matrix = try DenseMatrix(rows: texts.count, columns: 5, floats: flat, stride: 5)
    let rows = try OrderedRows(support(examples))
    let cosines = try TextCosines(rows, texts: matrix, scale: scale, pool: nil)
    let scores = try SoftmaxRegression(rows, cosines, anchor: 0.7, pool: nil).scores()
    for column in 0..<3 {
      for i in 0..<5 { #expect(abs(scores.weights[column, i] / scale - expected[column][i]) < 1e-6) }
    }
  }
}
