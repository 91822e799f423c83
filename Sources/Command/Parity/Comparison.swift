/// The error of a result against the expected one, measured in double precision.
struct Comparison {
  /// The rule for passing: features by direction and size, gradients by size, and what has a known scale by difference.
  enum Rule {
    case features
    case probabilities
    case gradients
    case losses
    case parameters

    func accepts(_ comparison: Comparison) -> Bool {
      switch self {
      case .features: comparison.lowestCosine >= 0.999999 && comparison.largestRelative <= 1e-4
      case .gradients: comparison.largestRelative <= 1e-4
      case .probabilities, .losses: comparison.largestAbsolute <= 1e-4
      case .parameters: comparison.largestAbsolute <= 1e-5
      }
    }
  }

  let name: String
  let shape: [Int]
  let largestAbsolute: Double
  /// The largest error divided by the largest expected value of the tensor.
  let largestRelative: Double
  /// The lowest cosine between corresponding rows (the last axis).
  let lowestCosine: Double
  private(set) var passed = false

  /// Whether the tensor's name begins with one of these.
  func isOne(of groups: [String]) -> Bool { groups.contains(where: name.hasPrefix) }

  init(name: String, shape: [Int], expected: [Float], actual: [Float], rule: Rule) {
    var absolute = 0.0
    var largest = 0.0
    var cosine = 1.0
    // Tracked apart, since `max` and `<` would pass over a NaN.
    var finite = expected.count == actual.count && !expected.isEmpty
    let width = max(1, shape.last ?? 1)
    for row in stride(from: 0, to: min(expected.count, actual.count), by: width) {
      var (dot, left, right) = (0.0, 0.0, 0.0)
      for index in row..<min(row + width, expected.count, actual.count) {
        let (e, a) = (Double(expected[index]), Double(actual[index]))
        finite = finite && e.isFinite && a.isFinite
        absolute = max(absolute, abs(e - a))
        largest = max(largest, abs(e))
        dot += e * a
        left += e * e
        right += a * a
      }
      let length = (left * right).squareRoot()
      cosine = min(cosine, length > 0 ? dot / length : (left == right ? 1 : 0))
    }
    self.name = name
    self.shape = shape
    largestAbsolute = finite ? absolute : .nan
    largestRelative = finite ? (largest > 0 ? absolute / largest : (absolute == 0 ? 0 : .infinity)) : .nan
    lowestCosine = finite ? cosine : .nan
    if finite { passed = rule.accepts(self) }
  }
}
