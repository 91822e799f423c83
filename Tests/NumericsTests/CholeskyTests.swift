import System
import Testing

@testable import Numerics

/// Cholesky factors: their identities, solves, updates, and matrices that have none.
struct CholeskyTests {
  private static let sizes = [1, 7, 33, 100, 300]

  /// A symmetric, positive definite matrix X · X^T + I.
  private func definite(_ order: Int, seed: UInt64) throws -> DenseMatrix {
    var numbers = Numbers(seed: seed)
    let a = try DenseMatrix(rows: order, columns: order)
    try a.view.addGram(of: try numbers.matrix(order, order).view)
    a.view.addToDiagonal(1)
    return a
  }

  private func identity(_ order: Int) throws -> DenseMatrix {
    let identity = try DenseMatrix(rows: order, columns: order)
    identity.view.addToDiagonal(1)
    return identity
  }

  /// L of a factor, with zeros above the diagonal.
  private func lower(_ factor: CholeskyFactor) throws -> DenseMatrix {
    let (all, lower) = (factor.lower, try DenseMatrix(rows: factor.order, columns: factor.order))
    for row in 0..<all.rows { for column in 0...row { lower[row, column] = all[row, column] } }
    return lower
  }

  /// L · L^T of a factor.
  private func squared(_ factor: CholeskyFactor) throws -> [Double] {
    let square = try DenseMatrix(rows: factor.order, columns: factor.order)
    try square.view.addGram(of: try lower(factor).view)
    return array(square.view)
  }

  @Test(arguments: sizes + [512])
  func lowerTimesItsTransposeIsTheMatrix(order: Int) throws {
    let a = try definite(order, seed: 1)
    let factor = try #require(try CholeskyFactor(of: a.view, ridge: 0.25))
    a.view.addToDiagonal(0.25)
    #expect(distance(try squared(factor), array(a.view)) <= 1e-14 * Double(order))
  }

  @Test(arguments: sizes, [1, 2, 9, 40])
  func solvesUndoProducts(order: Int, count: Int) throws {
    let a = try definite(order, seed: 2)
    let factor = try #require(try CholeskyFactor(of: a.view))
    let lower = try lower(factor)
    var numbers = Numbers(seed: 3)
    for turned in [false, true] {
      let x = try turned ? numbers.matrix(count, order).view.transposed : numbers.matrix(order, count).view
      func undone(_ by: MatrixView, _ solve: (MatrixView) throws -> Void) throws -> Double {
        let b = try DenseMatrix(rows: order, columns: count)
        let view = turned ? try DenseMatrix(rows: count, columns: order).view.transposed : b.view
        try view.addProduct(by, x)
        try solve(view)
        return distance(array(view), array(x))
      }
      #expect(try undone(lower.view) { try factor.solveLower($0) } <= 1e-12 * Double(order))
      #expect(try undone(lower.view.transposed) { try factor.solveUpper($0) } <= 1e-12 * Double(order))
      #expect(try undone(a.view) { try factor.solve($0) } <= 1e-11 * Double(order))
    }
    // A vector, by its own loops.
    let b = try numbers.matrix(1, order)
    let both = try DenseMatrix(rows: 1, columns: order)
    both.view.copy(b.view)
    factor.solveLower(both.row(0))
    factor.solveUpper(both.row(0))
    try factor.solve(b.view.transposed)
    #expect(distance(array(both.view), array(b.view)) <= 1e-12 * Double(order))
  }

  @Test(arguments: sizes)
  func inverseTimesTheMatrixIsOne(order: Int) throws {
    let a = try definite(order, seed: 4)
    let inverse = try #require(try CholeskyFactor(of: a.view)).inverse()
    let product = try DenseMatrix(rows: order, columns: order)
    try product.view.addProduct(a.view, inverse.view)
    #expect(distance(array(product.view), array(try identity(order).view)) <= 1e-12 * Double(order))
    #expect(bits(array(inverse.view)) == bits(array(inverse.view.transposed)))
  }

  @Test(arguments: [33, 512])
  func threadsDoNotChangeTheBits(order: Int) throws {
    let a = try definite(order, seed: 5)
    var numbers = Numbers(seed: 6)
    let b = try numbers.matrix(order, 75)
    func solved(threads: Int?) throws -> [[UInt64]] {
      let pool = threads.map { ThreadPool(threads: $0) }
      let factor = try #require(try CholeskyFactor(of: a.view, pool: pool))
      let x = try DenseMatrix(rows: order, columns: 75)
      x.view.copy(b.view)
      try factor.solve(x.view, pool: pool)
      return [bits(array(try lower(factor).view)), bits(array(x.view))]
    }
    let alone = try solved(threads: nil)
    for threads in 1...3 { #expect(try solved(threads: threads) == alone) }
  }

  @Test(arguments: sizes + [512])
  func updateEqualsANewFactor(order: Int) throws {
    let a = try definite(order, seed: 7)
    let factor = try #require(try CholeskyFactor(of: a.view))
    var numbers = Numbers(seed: 8)
    let v = try numbers.matrix(1, order)
    let (untouched, before) = (try CholeskyFactor(copying: factor), bits(array(try lower(factor).view)))
    try factor.update(adding: v.row(0))
    try a.view.addGram(of: v.view.transposed)
    let anew = try #require(try CholeskyFactor(of: a.view))
    #expect(distance(array(try lower(factor).view), array(try lower(anew).view)) <= 1e-12)
    #expect(bits(array(try lower(untouched).view)) == before)
    // Solves with many columns and with one agree on the updated factor.
    let b = try numbers.matrix(order, 20)
    let column = (0..<order).map { b[$0, 3] }
    let one = try DenseMatrix(rows: 1, columns: order)
    for i in 0..<order { one[0, i] = column[i] }
    factor.solveLower(one.row(0))
    try factor.solveLower(b.view)
    #expect(distance((0..<order).map { b[$0, 3] }, array(one.view)) <= 1e-12)
  }

  @Test(arguments: [0, 8, 64])
  func borderingEqualsANewFactor(capacity: Int) throws {
    let order = 70
    let a = try definite(order, seed: 9)
    let start = a.view.block(rows: 0..<3, columns: 0..<3)
    let factor = try #require(try CholeskyFactor(of: start, capacity: capacity))
    for k in 3..<order {
      #expect(try factor.append(row: a.row(k), diagonal: a[k, k]))
    }
    let anew = try #require(try CholeskyFactor(of: a.view))
    #expect(distance(array(try lower(factor).view), array(try lower(anew).view)) <= 1e-12)
    // A row that is already there makes the matrix singular, less than that indefinite.
    let before = bits(array(try lower(factor).view))
    let row = (0..<order).map { a[$0, 7] }
    #expect(try !factor.append(row: row, diagonal: a[7, 7] - 1e-3))
    #expect(try !factor.append(row: row, diagonal: .nan))
    #expect(bits(array(try lower(factor).view)) == before)
    let b = try DenseMatrix(rows: order, columns: 9)
    b.view.addToDiagonal(1)
    let same = try DenseMatrix(rows: order, columns: 9)
    same.view.addToDiagonal(1)
    try factor.solve(b.view)
    try anew.solve(same.view)
    #expect(distance(array(b.view), array(same.view)) <= 1e-12)
  }

  @Test(arguments: [1, 7, 40, 300])
  func whatIsNotPositiveDefiniteHasNoFactor(order: Int) throws {
    for bad in [0, -1, Double.nan, Double.infinity] {
      for place in [0, order / 2, order - 1] {
        let a = try definite(order, seed: 10)
        a[place, place] = bad
        #expect(try CholeskyFactor(of: a.view) == nil)
      }
    }
    #expect(try CholeskyFactor(of: try DenseMatrix(rows: 0, columns: 0).view) != nil)
  }

  @Test func refusedMemoryIsAnAnswer() throws {
    let a = try definite(3, seed: 11)
    let error = #expect(throws: Failure.self) {
      _ = try CholeskyFactor(of: a.view, capacity: 1 << 30) == nil
    }
    #expect(error?.kind == .outOfMemory)
  }
}
