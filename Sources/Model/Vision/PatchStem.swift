import Numerics
import System
import TensorNames

/// The convolutions before the patch embedding of a MobileCLIP-B (timm `ConvStem`), each followed by GELU. Places that
/// a convolution sees do not overlap, so a patch's token is made of that patch alone: by a product with a row for each
/// place of k×k pixels, one with a row for each k×k of the first one's results, and the patch embedding. The rows of a
/// patch are in the order in which the next product joins them, so nothing is moved between products.
/// A class, so that it takes no room in other models, which are copied to the stack.
final class PatchStem: Sendable {
  let first: Linear  // [C0, 3·k·k]
  let second: Linear  // [C1, k·k·C0]
  /// Sides in pixels of the places that the first and the second convolution see.
  private let firstSide, secondSide: Int
  private let patchSide: Int
  private let imageSide: Int

  /// Places of a patch.
  var firstPlaces: Int { (patchSide / firstSide) * (patchSide / firstSide) }
  var secondPlaces: Int { (patchSide / secondSide) * (patchSide / secondSide) }

  /// Floats of a patch's columns, and of a place's among them.
  var columnsPerPatch: Int { firstPlaces * columnStride }
  private var columnStride: Int { Workspace.rounded(first.inputs) }

  init(_ reader: ParameterReader, _ c: Configuration) throws(Failure) {
    let names = TensorNames.Vision.self
    let shapes = try PatchStem.shapes(reader)
    (firstSide, secondSide) = (shapes.first[2], shapes.first[2] * shapes.second[1])
    (patchSide, imageSide) = (c.patchSize, c.imageSize)
    first = try reader.linear(
      weight: names.firstStem + "weight", shape: shapes.first, bias: names.firstStem + "bias",
      shapes.first[1] * firstSide * firstSide, shapes.first[0],
      // A six-hundredth of the work. Pixels that are not centred at 0 would lose their last bits in bf16.
      minimum: .fp32)
    second = try reader.linear(
      weight: names.secondStem + "weight", shape: shapes.second, bias: names.secondStem + "bias",
      shapes.second[1] * shapes.second[2] * shapes.second[3], shapes.second[0], minimum: .bf16)
  }

  /// Copies the pixels of a patch, whose red ones begin at `pixels`, to a row of [channel, y, x] for each place.
  func unfold(_ pixels: UnsafePointer<Float>, into columns: UnsafeMutablePointer<Float>) {
    var row = columns
    for outer in 0..<secondPlaces {
      let perRow = patchSide / secondSide
      let corner = (outer / perRow * imageSide + outer % perRow) * secondSide
      for y in stride(from: 0, to: secondSide, by: firstSide) {
        for x in stride(from: 0, to: secondSide, by: firstSide) {
          copy(pixels + corner + y * imageSide + x, to: row)
          row += columnStride
        }
      }
    }
  }

  private func copy(_ pixels: UnsafePointer<Float>, to row: UnsafeMutablePointer<Float>) {
    var target = row
    for channel in 0..<3 {
      for y in 0..<firstSide {
        let source = pixels + (channel * imageSide + y) * imageSide
        for x in 0..<firstSide { target[x] = source[x] }
        target += firstSide
      }
    }
  }

  /// Floats of memory for the results of both products over so many patches.
  func memory(patches: Int) -> Int { firstMemory(patches) + secondMemory(patches) }

  private func firstMemory(_ patches: Int) -> Int {
    Operand.gaplessFloats(second.inputPrecision, rows: patches * firstPlaces, width: first.outputs)
  }
  private func secondMemory(_ patches: Int) -> Int {
    Operand.gaplessFloats(second.inputPrecision, rows: patches * secondPlaces, width: second.outputs)
  }

  /// The patch embedding's input [patches, k·k·C1] for patches whose pixels lie in columns. It lies in `memory`, and its
  /// precision is that of the second product's input.
  func apply(
    _ columns: UnsafePointer<Float>, patches: Int, _ memory: UnsafeMutablePointer<Float>, _ pool: ThreadPool
  ) -> Operand {
    let precision = second.inputPrecision
    let inner = Operand(gapless: memory, precision, width: first.outputs)
    let outer = Operand(gapless: memory + firstMemory(patches), precision, width: second.outputs)
    first.apply(
      rows: patches * firstPlaces, Operand(columns, stride: columnStride), to: inner, activation: .gelu,
      pool: pool)
    second.apply(
      rows: patches * secondPlaces, inner.joined(firstPlaces / secondPlaces), to: outer, activation: .gelu,
      pool: pool)
    return outer.joined(secondPlaces)
  }
}

extension PatchStem {
  /// The largest side of what a convolution sees, and the most channels that it gives.
  private static let (largestSide, mostChannels) = (16, 1 << 16)

  /// Shapes of the weights: [C0, 3, k, k], and [C1, k, k, C0] with another k.
  private static func shapes(_ reader: ParameterReader) throws(Failure) -> (first: [Int], second: [Int]) {
    let (names, purpose) = (TensorNames.Vision.self, "the image encoder's stem")
    let first = try reader.shape(names.firstStem + "weight", rank: 4, for: purpose)
    guard first[1] == 3, first[2] == first[3], first[2] <= largestSide, areComputed(channels: first[0]) else {
      throw refusal(of: names.firstStem + "weight", first, expected: "[C, 3, k, k]")
    }
    let second = try reader.shape(names.secondStem + "weight", rank: 4, for: purpose)
    guard second[1] == second[2], second[1] <= largestSide, second[3] == first[0],
      areComputed(channels: second[0])
    else { throw refusal(of: names.secondStem + "weight", second, expected: "[C, k, k, \(first[0])]") }
    return (first, second)
  }

  /// Whole panels, so that rows lie without gaps in every precision.
  private static func areComputed(channels: Int) -> Bool {
    channels.isMultiple(of: 16) && channels <= mostChannels
  }

  private static func refusal(of name: String, _ shape: [Int], expected: String) -> Failure {
    Failure(
      .tensorShape,
      "tensor '\(name)' has shape \(shape), expected \(expected) with C a multiple of 16 up to \(mostChannels) and k up to "
        + "\(largestSide)")
  }

  /// The side in pixels of a place after the stem, which comes before a patch embedding of this shape, [W, k, k, C1];
  /// nil where the file has no stem.
  static func side(_ reader: ParameterReader, before embedding: [Int]) throws(Failure) -> Int? {
    guard reader.has(TensorNames.Vision.firstStem + "weight") else { return nil }
    let (first, second) = try shapes(reader)
    guard embedding[1] == embedding[2], embedding[1] <= largestSide, embedding[3] == second[0] else {
      throw Failure(
        .tensorShape,
        "tensor '\(TensorNames.Vision.patchEmbedding)' has shape \(embedding), expected [W, k, k, \(second[0])] with k up "
          + "to \(largestSide), after '\(TensorNames.Vision.firstStem)'")
    }
    return first[2] * second[1]
  }
}
