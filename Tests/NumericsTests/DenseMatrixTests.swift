import CShims
import System
import Testing

@testable import Numerics

/// Matrices of doubles and their products: against plain loops, and the same bits however they are cut up.
struct DenseMatrixTests {
  /// a · b by plain loops.
  private func product(_ a: MatrixView, _ b: MatrixView) -> [Double] {
    let (left, right) = (array(a), array(b.transposed))
    let k = a.columns
    return (0..<a.rows).flatMap { row in
      (0..<b.columns).map { column in
        (0..<k).reduce(0) { $0 + left[row * k + $1] * right[column * k + $1] }
      }
    }
  }

  @Test(arguments: [
    (1, 1, 1), (1, 7, 1), (7, 33, 5), (33, 1, 17), (9, 512, 9), (50, 300, 51), (100, 40, 130), (0, 3, 4),
    (3, 0, 4), (3, 4, 0),
  ])
  func productIsThatOfPlainLoops(rows: Int, k: Int, columns: Int) throws {
    var numbers = Numbers(seed: 1)
    for turned in 0..<8 {
      func matrix(_ rows: Int, _ columns: Int, bit: Int) throws -> MatrixView {
        try turned & bit == 0
          ? numbers.matrix(rows, columns).view : numbers.matrix(columns, rows).view.transposed
      }
      let a = try matrix(rows, k, bit: 1)
      let b = try matrix(k, columns, bit: 2)
      let c = try matrix(rows, columns, bit: 4)
      let expected = zip(array(c), product(a, b)).map { $0 - 0.5 * $1 }
      try c.addProduct(a, b, scale: -0.5)
      #expect(distance(array(c), expected) <= 1e-15 * Double(k + 1))
    }
  }

  @Test(arguments: [(1, 1), (7, 33), (33, 7), (130, 70), (60, 600), (0, 2), (2, 0)])
  func gramIsSymmetricToTheBit(rows: Int, k: Int) throws {
    var numbers = Numbers(seed: 2)
    let a = try numbers.matrix(rows, k).view
    for turned in [a, a.transposed] {
      let gram = try DenseMatrix(rows: turned.rows, columns: turned.rows)
      try gram.view.addGram(of: turned, scale: 2)
      let expected = product(turned, turned.transposed).map { 2 * $0 }
      #expect(distance(array(gram.view), expected) <= 2e-15 * Double(turned.columns + 1))
      #expect(bits(array(gram.view)) == bits(array(gram.view.transposed)))
    }
  }

  @Test func threadsAndNeighboursDoNotChangeTheBits() throws {
    var numbers = Numbers(seed: 3)
    let a = try numbers.matrix(310, 530).view
    let b = try numbers.matrix(530, 201).view
    func product(_ rows: Range<Int>, threads: Int?) throws -> [Double] {
      let c = try DenseMatrix(rows: rows.count, columns: 201)
      try c.view.addProduct(a.rows(rows), b, pool: threads.map { ThreadPool(threads: $0) })
      return array(c.view)
    }
    func gram(threads: Int?) throws -> [Double] {
      let c = try DenseMatrix(rows: 310, columns: 310)
      try c.view.addGram(of: a, pool: threads.map { ThreadPool(threads: $0) })
      return array(c.view)
    }
    let (whole, square) = (try product(0..<310, threads: nil), try gram(threads: nil))
    for threads in 1...3 {
      #expect(bits(try product(0..<310, threads: threads)) == bits(whole))
      #expect(bits(try gram(threads: threads)) == bits(square))
    }
    for part in [0..<1, 5..<14, 100..<310] {
      let own = Array(whole[part.lowerBound * 201..<part.upperBound * 201])
      #expect(bits(try product(part, threads: 2)) == bits(own), "rows \(part)")
    }
  }

  /// More rows, columns and numbers than are packed at a time.
  @Test func blocksDoNotChangeTheBits() throws {
    var numbers = Numbers(seed: 5)
    let a = try numbers.matrix(2101, 260).view
    let (all, square) = (
      try DenseMatrix(rows: 2101, columns: 2101), try DenseMatrix(rows: 2101, columns: 2101)
    )
    try all.view.addProduct(a, a.transposed, pool: ThreadPool(threads: 2))
    try square.view.addGram(of: a, pool: ThreadPool(threads: 2))
    for place in [0..<1, 90..<100, 1915..<1925, 2040..<2060, 2100..<2101] {
      for other in [0..<3, 380..<390, 2044..<2051, 2100..<2101] {
        let part = try DenseMatrix(rows: place.count, columns: other.count)
        try part.view.addProduct(a.rows(place), a.rows(other).transposed)
        #expect(bits(array(all.view.block(rows: place, columns: other))) == bits(array(part.view)))
        #expect(bits(array(square.view.block(rows: place, columns: other))) == bits(array(part.view)))
      }
    }
  }

  @Test func aCancelledProductEnds() throws {
    let a = try DenseMatrix(rows: 3, columns: 3)
    var flag: Int32 = 1
    let error = #expect(throws: Failure.self) {
      try withUnsafePointer(to: &flag) { flag in
        cshims_use_cancel_flag(flag)
        defer { cshims_use_cancel_flag(nil) }
        try a.view.addGram(of: a.view)
      }
    }
    #expect(error == .cancelled)
  }

  @Test(arguments: [(1, 1), (5, 3), (33, 70), (0, 4), (4, 0), (1500, 900)])
  func timesAVector(rows: Int, columns: Int) throws {
    var numbers = Numbers(seed: 4)
    let a = try numbers.matrix(rows, columns).view
    for turned in [a, a.transposed] {
      let x = try numbers.matrix(turned.columns, 1)
      let pool = ThreadPool(threads: 2)
      let y = try numbers.matrix(1, turned.rows)
      let expected = zip(array(y.view), product(turned, x.view)).map { $0 + 3 * $1 }
      let line = try DenseMatrix(rows: 1, columns: turned.columns)
      line.view.copy(x.view.transposed)
      turned.multiply(line.row(0), addingTo: y.row(0), scale: 3, pool: pool)
      #expect(distance(array(y.view), expected) <= 1e-14 * Double(columns + 1))
    }
  }

  @Test func viewsShareTheirMatrix() throws {
    let matrix = try DenseMatrix(rows: 4, columns: 3)
    let block = matrix.view.block(rows: 1..<3, columns: 1..<3).transposed
    for row in 0..<2 { for column in 0..<2 { block[row, column] = Double(10 * row + column + 1) } }
    matrix.view.addToDiagonal(0.5)
    #expect(array(matrix.view) == [0.5, 0, 0, 0, 1.5, 11, 0, 2, 12.5, 0, 0, 0])
    let copy = try DenseMatrix(rows: 3, columns: 4)
    copy.view.copy(matrix.view.transposed)
    #expect(array(copy.view.transposed) == array(matrix.view))
    let floats: [Float] = [1, 2, -7, 3, 4, -7]
    #expect(array(try DenseMatrix(rows: 2, columns: 2, floats: floats, stride: 3).view) == [1, 2, 3, 4])
  }

  @Test func refusedMemoryIsAnAnswer() throws {
    for (rows, columns) in [(1 << 28, 1 << 28), (1, Int.max), (Int.max, Int.max), (Int.max, 0), (-1, 1)] {
      let error = #expect(throws: Failure.self) { try DenseMatrix(rows: rows, columns: columns) }
      #expect(error?.kind == .outOfMemory)
    }
  }
}
