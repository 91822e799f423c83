// Times one work of linear algebra in doubles: dense THREADS WORK SIZE...
//
// For each line of input it prints the seconds of one run, the mean of enough runs for some milliseconds.
import Glibc
import Numerics
import System

@main
struct Dense {
  static func main() throws {
    let arguments = CommandLine.arguments
    let sizes = arguments.dropFirst(3).compactMap { Int($0) }
    guard arguments.count > 3, let threads = Int(arguments[1]), sizes.count == arguments.count - 3 else {
      exit(2)
    }
    let work = try work(arguments[2], sizes, ThreadPool(threads: threads))
    try work()
    while readLine() != nil {
      var (runs, start) = (0, seconds())
      try work()
      start = seconds()
      repeat {
        try work()
        runs += 1
      } while seconds() - start < 0.02
      print((seconds() - start) / Double(runs))
      fflush(nil)
    }
  }

  private static func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
  }

  /// A matrix of numbers in -1 ... 1.
  private static func noise(_ rows: Int, _ columns: Int) throws -> DenseMatrix {
    var state: UInt64 = 1
    let matrix = try DenseMatrix(rows: rows, columns: columns)
    for row in 0..<rows {
      for column in 0..<columns {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        matrix[row, column] = Double(Int32(truncatingIfNeeded: state >> 32)) / 0x1p31
      }
    }
    return matrix
  }

  /// X · X^T + order · I for X [order, order].
  private static func definite(_ order: Int) throws -> DenseMatrix {
    let a = try DenseMatrix(rows: order, columns: order)
    try a.view.addGram(of: try noise(order, order).view)
    a.view.addToDiagonal(Double(order))
    return a
  }

  private static func factor(_ a: DenseMatrix, ridge: Double = 0, _ pool: ThreadPool) throws -> CholeskyFactor
  {
    guard let factor = try CholeskyFactor(of: a.view, ridge: ridge, pool: pool) else { exit(1) }
    return factor
  }

  private static func work(_ name: String, _ sizes: [Int], _ pool: ThreadPool) throws -> () throws -> Void {
    switch (name, sizes.count) {
    case ("product", 3):
      let (a, b) = (try noise(sizes[0], sizes[1]), try noise(sizes[1], sizes[2]))
      return { try DenseMatrix(rows: a.rows, columns: b.columns).view.addProduct(a.view, b.view, pool: pool) }
    case ("gram", 2):  // X^T X
      let x = try noise(sizes[0], sizes[1])
      return {
        try DenseMatrix(rows: x.columns, columns: x.columns).view.addGram(of: x.view.transposed, pool: pool)
      }
    case ("vector", 2):
      let (a, x) = (try noise(sizes[0], sizes[1]), try noise(1, sizes[1]))
      let y = try DenseMatrix(rows: 1, columns: sizes[0])
      return { a.view.multiply(x.row(0), addingTo: y.row(0), pool: pool) }
    case ("cholesky", 1):
      let a = try definite(sizes[0])
      return { _ = try factor(a, pool) }
    case ("solve", 2):  // L^-1 B
      let (factor, b) = (try factor(definite(sizes[0]), pool), try noise(sizes[0], sizes[1]))
      return {
        let y = try DenseMatrix(rows: b.rows, columns: b.columns)
        y.view.copy(b.view)
        try factor.solveLower(y.view, pool: pool)
      }
    case ("inverse", 1):
      let factor = try factor(definite(sizes[0]), pool)
      return { _ = try factor.inverse(pool: pool) }
    case ("update", 1):  // and two solves of a vector
      let (factor, v) = (try factor(definite(sizes[0]), pool), try noise(1, sizes[0]))
      let b = try noise(1, sizes[0])
      return {
        try factor.update(adding: v.row(0))
        factor.solveLower(b.row(0))
        factor.solveUpper(b.row(0))
      }
    case ("fit", 4):
      return try fit(clips: sizes[0], width: sizes[1], classes: sizes[2], ridges: sizes[3], pool)
    default: exit(2)
    }
  }

  /// Ridge regression with what leave-one-out needs, for each of some ridges: the Gram matrix once, then a factor, L^-1 X^T,
  /// the weights, and their scores of all clips.
  private static func fit(
    clips: Int, width: Int, classes: Int, ridges: Int, _ pool: ThreadPool
  ) throws -> () throws -> Void {
    let (x, y) = (try noise(clips, width), try noise(clips, classes))
    return {
      let gram = try DenseMatrix(rows: width, columns: width)
      try gram.view.addGram(of: x.view.transposed, pool: pool)
      let right = try DenseMatrix(rows: width, columns: classes)
      try right.view.addProduct(x.view.transposed, y.view, pool: pool)
      for ridge in 0..<ridges {
        let factor = try factor(gram, ridge: Double(1 << ridge), pool)
        let half = try DenseMatrix(rows: width, columns: clips)
        half.view.copy(x.view.transposed)
        try factor.solveLower(half.view, pool: pool)
        let weights = try DenseMatrix(rows: width, columns: classes)
        weights.view.copy(right.view)
        try factor.solve(weights.view, pool: pool)
        try DenseMatrix(rows: clips, columns: classes).view.addProduct(x.view, weights.view, pool: pool)
      }
    }
  }
}
