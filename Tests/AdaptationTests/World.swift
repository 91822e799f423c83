import Numerics
import System

@testable import Adaptation

/// Synthetic embeddings: a direction for each label, texts that lie near it or nowhere, clips around it.
struct World {
  let labelCount: Int
  let size: Int
  /// [C, E], unit length
  let texts: FloatBuffer
  private let centres: [[Double]]
  private var state: UInt64

  /// - Parameter meaningless: labels whose texts say nothing about their clips.
  init(labels: Int, size: Int, meaningless: Set<Int> = [], seed: UInt64 = 1) throws {
    labelCount = labels
    self.size = size
    state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    var generator = Generator(state: state)
    centres = (0..<labels).map { _ in generator.unit(size) }
    texts = try FloatBuffer(count: labels * size)
    for label in 0..<labels {
      let near = generator.near(centres[label], noise: 1)
      let text = meaningless.contains(label) ? generator.unit(size) : near
      for i in 0..<size { texts.base[label * size + i] = Float(text[i]) }
    }
    state = generator.state
  }

  /// Clips of labels, each with `views` rows: (row, label, clip).
  mutating func clips(_ labels: [Int], each: Int, views: Int = 1, noise: Double = 1) -> [Example] {
    var generator = Generator(state: state)
    defer { state = generator.state }
    var examples: [Example] = []
    for label in labels {
      for _ in 0..<each {
        let clip = generator.near(centres[label], noise: noise)
        let number = Int64(truncatingIfNeeded: generator.next() >> 2)
        for view in 0..<views {
          let row = view == 0 ? clip : generator.near(clip, noise: 0.3)
          examples.append(Example(row: row.map { Float($0) }, label: label, clip: number))
        }
      }
    }
    return examples
  }
}

struct Example: Sendable {
  var row: [Float]
  var label: Int
  var clip: Int64
}

/// A small generator of random numbers (xorshift64*), so that tests see the same numbers every time.
struct Generator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 0x2545_F491_4F6C_DD1D
  }

  /// Nearly normal, of variance 1.
  mutating func normal() -> Double {
    (0..<12).reduce(-6.0) { sum, _ in sum + Double(next() >> 11) * 0x1p-53 }
  }

  mutating func unit(_ size: Int) -> [Double] { unitLength((0..<size).map { _ in normal() }) }

  /// A unit vector around another, at a distance of about `noise`.
  mutating func near(_ centre: [Double], noise: Double) -> [Double] {
    let scale = noise / Double(centre.count).squareRoot()
    return unitLength(centre.map { $0 + scale * normal() })
  }
}

func unitLength(_ vector: [Double]) -> [Double] {
  let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
  return vector.map { $0 / length }
}

func support(_ examples: [Example]) throws -> Support {
  let size = examples[0].row.count
  let rows = try FloatBuffer(count: examples.count * size)
  var labels = GrowingArray<Int>()
  var clips = GrowingArray<Int64>()
  for (index, example) in examples.enumerated() {
    for i in 0..<size { rows.base[index * size + i] = example.row[i] }
    try labels.append(example.label)
    try clips.append(example.clip)
  }
  return Support(rows: rows, labels: labels, clips: clips, embeddingSize: size)
}

func matrix(_ texts: FloatBuffer, _ world: World) throws -> DenseMatrix {
  try DenseMatrix(rows: world.labelCount, columns: world.size, floats: texts.pointer, stride: world.size)
}

/// The share of examples whose label is the best one.
func accuracy(_ classifier: AdaptedClassifier, _ examples: [Example]) throws -> Double {
  var right = 0
  let out = try FloatBuffer(count: classifier.labelCount)
  for example in examples {
    try example.row.withUnsafeBufferPointer {
      try classifier.probabilities($0.baseAddress!, 1, scale: 100, to: out.base)
    }
    let best = (0..<classifier.labelCount).max { out[$0] < out[$1] }
    right += best == example.label ? 1 : 0
  }
  return Double(right) / Double(examples.count)
}
