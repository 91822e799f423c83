import Glibc
import Numerics
import System
import Testing
import Weights

@testable import Model

/// The convolutions before a patch embedding against plain loops in double precision, and shapes that are none.
struct PatchStemTests {
  private let pool = ThreadPool(threads: 2)

  private func model(
    _ precision: Precision = .fp32, _ change: (inout InMemoryTensors) -> Void = { _ in }
  ) throws(Failure) -> ActionCLIP {
    var tensors = InMemoryTensors.clip()
    tensors.addStem()
    change(&tensors)
    return try ActionCLIP(
      tensors, options: LoadOptions(threads: 2, precision: precision), declaresOptions: false)
  }

  /// A convolution without overlap and GELU of [channels, side, side] by a weight of this shape: [outputs, channels, k, k],
  /// or turned [outputs, k, k, channels].
  private func convolved(
    _ input: [Double], side: Int, _ weight: (shape: [Int], values: [Float]), bias: [Float], isTurned: Bool
  ) -> [Double] {
    let (outputs, k) = (weight.shape[0], weight.shape[2])
    let channels = isTurned ? weight.shape[3] : weight.shape[1]
    let out = side / k
    var result = [Double](repeating: 0, count: outputs * out * out)
    for o in 0..<outputs {
      for y in 0..<out {
        for x in 0..<out {
          var sum = Double(bias[o])
          for c in 0..<channels {
            for i in 0..<k {
              for j in 0..<k {
                let place =
                  isTurned ? ((o * k + i) * k + j) * channels + c : ((o * channels + c) * k + i) * k + j
                sum += Double(weight.values[place]) * input[(c * side + y * k + i) * side + x * k + j]
              }
            }
          }
          result[(o * out + y) * out + x] = sum / 2 * (1 + erf(sum / 2.0.squareRoot()))
        }
      }
    }
    return result
  }

  /// The argument is the sides of the three convolutions' kernels. With sides of 1 a stem keeps the pixels' places.
  @Test(arguments: [(Precision.fp32, 1e-5), (.bf16, 0.02)], [[2, 3, 2], [1, 3, 1], [1, 1, 2]])
  func theResultsAreThoseOfTheConvolutions(_ precision: (Precision, Double), _ k: [Int]) throws {
    let (precision, tolerance) = precision
    func shape(_ tensors: inout InMemoryTensors) {
      tensors.add("visual.stem.0.weight", [16, 3, k[0], k[0]])
      tensors.add("visual.stem.1.weight", [32, k[1], k[1], 16])
      tensors.add("visual.conv1.weight", [64, k[2], k[2], 32])
    }
    var tensors = InMemoryTensors.clip()
    tensors.addStem()
    shape(&tensors)
    let model = try model(precision, shape)
    let (vision, c) = (model.vision, model.configuration)
    let stem = try #require(vision.stem)
    let (patch, side, places) = (k[0] * k[1] * k[2], 2 * k[0] * k[1] * k[2], k[2] * k[2])
    #expect(c.stemSide == k[0] * k[1] && (c.patchSize, c.imageSize, c.gridSize) == (patch, side, 2))
    #expect((stem.firstPlaces, stem.secondPlaces) == (k[1] * k[1] * places, places))
    let pixels = (0..<3 * side * side).map { sinf(Float($0) * 0.7) }
    func weight(_ name: String) throws -> (shape: [Int], values: [Float]) {
      try #require(tensors.tensors[name])
    }
    let inner = convolved(
      pixels.map(Double.init), side: side, try weight("visual.stem.0.weight"),
      bias: try weight("visual.stem.0.bias").values, isTurned: false)
    let outer = convolved(
      inner, side: side / k[0], try weight("visual.stem.1.weight"),
      bias: try weight("visual.stem.1.bias").values,
      isTurned: true)
    let columns = try FloatBuffer(count: vision.patches * vision.columnsPerPatch)
    let memory = try FloatBuffer(count: stem.memory(patches: vision.patches))
    pixels.withUnsafeBufferPointer {
      vision.unfold($0.baseAddress!, frames: 1, into: columns.base, pool)
    }
    let rows = stem.apply(columns.base, patches: vision.patches, memory.base, pool)
    // The rows are taken out by a product with one of their numbers after the other.
    let width = places * 32
    let unit = try FloatBuffer(count: width * width)
    for i in 0..<width { unit.base[i * width + i] = 1 }
    let identity = try Linear(
      weight: unit.base, bias: nil, inputs: width, outputs: width, precision: vision.patchEmbedding.precision,
      kernels: model.kernels)
    let found = try FloatBuffer(count: vision.patches * width)
    identity.apply(rows: vision.patches, rows, to: Operand(found.base, stride: width), pool: pool)
    for patch in 0..<4 {
      for place in 0..<places {
        for channel in 0..<32 {
          let (y, x) = (patch / 2 * k[2] + place / k[2], patch % 2 * k[2] + place % k[2])
          let expected = outer[(channel * 2 * k[2] + y) * 2 * k[2] + x]
          let number = Double(found[patch * width + place * 32 + channel])
          #expect(abs(number - expected) <= tolerance * max(1, abs(expected)), "\(patch) \(place) \(channel)")
        }
      }
    }
    extendLifetime(unit)
  }

  @Test(
    arguments: [
      (
        "visual.stem.0.weight", [24, 3, 2, 2], "stem.0.weight' has shape [24, 3, 2, 2], expected [C, 3, k, k]"
      ),
      ("visual.stem.0.weight", [16, 4, 2, 2], "stem.0.weight'"),
      ("visual.stem.0.weight", [16, 3, 2, 1], "stem.0.weight'"),
      ("visual.stem.0.weight", [16, 3, 32, 32], "up to 16"),
      ("visual.stem.1.weight", [32, 3, 3, 48], "expected [C, k, k, 16]"),
      ("visual.stem.1.weight", [32, 3, 2, 16], "stem.1.weight'"),
      ("visual.stem.1.weight", [40, 3, 3, 16], "of 16"),
      ("visual.conv1.weight", [64, 2, 2, 16], "expected [W, k, k, 32]"),
      ("visual.conv1.weight", [64, 3, 4, 4], "after 'visual.stem.0.'"),
      ("visual.stem.0.bias", [17], "stem.0.bias'"),
      ("visual.stem.1.bias", nil, "stem.1.bias' is missing"),
      ("visual.stem.1.weight", nil, "stem.1.weight' is missing"),
      ("visual.stem.0.weight", nil, "expected [W, 3, p, p]"),
      ("visual.stem.2.weight", [16], "'visual.stem.2.weight' belongs to no part"),
    ] as [(String, [Int]?, String)])
  func shapesThatAreNoStemAreNamed(_ name: String, _ shape: [Int]?, _ part: String) {
    let error = #expect(throws: Failure.self) {
      try model { tensors in
        if let shape { tensors.add(name, shape) } else { tensors.tensors[name] = nil }
      }
    }
    #expect(error?.message.contains(part) == true, "\(error as Any)")
  }

  @Test func patchesAreNotLargerThanPictures() {
    let error = #expect(throws: Failure.self) {
      try model { tensors in
        tensors.add("visual.stem.0.weight", [16, 3, 16, 16])
        tensors.add("visual.stem.1.weight", [32, 16, 16, 16])
        tensors.add("visual.conv1.weight", [64, 16, 16, 32])
      }
    }
    #expect(error?.message.contains("1024 at most") == true, "\(error as Any)")
  }

  @Test func framesAreEncodedEachByItself() {
    for options in [LoadOptions(temporalShift: .twoSided), LoadOptions(temporalView: 1)] {
      var tensors = InMemoryTensors.clip()
      tensors.addStem()
      let error = #expect(throws: Failure.self) {
        try ActionCLIP(tensors, options: options, declaresOptions: false)
      }
      #expect(error?.kind == .unsupported && error?.message.contains("a MobileCLIP") == true)
    }
  }
}
