import System
import Testing
import Weights

@testable import Families

@Suite struct StemTensorsTests {
  private static let prefix = "visual.trunk.patch_embed.backbone."

  /// A stem of two outputs, then two, then one, with places of four patches.
  private static func shapes(_ changes: [String: [Int]?] = [:]) -> [(name: String, shape: [Int])] {
    var all: [String: [Int]] = [
      "0.conv.weight": [2, 3, 1, 1], "1.conv.weight": [2, 2, 1, 2], "2.conv.weight": [1, 2, 2, 2],
      "2.conv.bias": [1],
    ]
    for norm in ["0.bn.", "1.bn."] {
      for part in ["weight", "bias", "running_mean", "running_var"] { all[norm + part] = [2] }
      all[norm + "num_batches_tracked"] = []
    }
    for (name, shape) in changes { all[name] = shape }
    return all.keys.sorted().map { (prefix + $0, all[$0] ?? []) } + [
      ("visual.trunk.pos_embed", [1, 4, 1]), ("visual.trunk.cls_token", [1, 1, 1]),
      ("visual.trunk.blocks.0.norm1.weight", [1]),
    ]
  }

  private func renamed(_ source: some TensorSource) throws -> RenamedTensors {
    try RenamedTensors(source, Layout(source.names))
  }

  private func values(_ tensors: any TensorSource, _ name: String) throws -> [Float] {
    var values = [Float](repeating: .nan, count: try #require(tensors.info(name)).count)
    try values.withUnsafeMutableBufferPointer { try tensors.read(name, into: $0) }
    return values
  }

  @Test func normsAreInTheConvolutionsBeforeThem() throws {
    let source = try FakeTensors(Self.shapes())
    let tensors = try #require(try StemTensors(renamed(source), isStated: true))
    #expect(
      tensors.names == [
        "visual.class_embedding", "visual.conv1.bias", "visual.conv1.weight", "visual.positional_embedding",
        "visual.stem.0.bias", "visual.stem.0.weight", "visual.stem.1.bias", "visual.stem.1.weight",
        "visual.transformer.resblocks.0.ln_1.weight",
      ])
    for index in 0...1 {
      let norm = Self.prefix + "\(index).bn."
      let parts = try ["weight", "bias", "running_mean", "running_var"].map { try values(source, norm + $0) }
      let weight = try values(source, Self.prefix + "\(index).conv.weight")
      let (found, offsets) = (
        try values(tensors, "visual.stem.\(index).weight"), try values(tensors, "visual.stem.\(index).bias")
      )
      for output in 0..<2 {
        let numbers = parts.map { Double($0[output]) }
        let factor = numbers[0] / (numbers[3] + 1e-5).squareRoot()
        #expect(offsets[output] == Float(numbers[1] - factor * numbers[2]))
        let inputs = weight.count / 2
        // The channels of the second weight [2, 2, 1, 2] go last.
        let order = index == 0 ? [0, 1, 2] : [0, 2, 1, 3]
        for input in 0..<inputs {
          let own = Float(Double(weight[output * inputs + order[input]]) * factor)
          #expect(found[output * inputs + input] == own)
        }
      }
    }
    #expect(tensors.info("visual.stem.1.weight")?.shape == [2, 1, 2, 2])
    #expect(!tensors.isWhole("visual.stem.0.weight") && tensors.isWhole("visual.conv1.bias"))
  }

  @Test func theLastConvolutionIsTurnedAlone() throws {
    let source = try FakeTensors(Self.shapes())
    let tensors = try #require(try StemTensors(renamed(source), isStated: true))
    let weight = try values(source, Self.prefix + "2.conv.weight")
    #expect(tensors.info("visual.conv1.weight")?.shape == [1, 2, 2, 2])
    #expect(try values(tensors, "visual.conv1.weight") == [0, 4, 1, 5, 2, 6, 3, 7].map { weight[$0] })
    #expect(try values(tensors, "visual.conv1.bias") == values(source, Self.prefix + "2.conv.bias"))
  }

  @Test func theClassTokenHasNoPlace() throws {
    let source = try FakeTensors(Self.shapes())
    let tensors = try #require(try StemTensors(renamed(source), isStated: true))
    #expect(tensors.info("visual.positional_embedding")?.shape == [5, 1])
    #expect(
      try values(tensors, "visual.positional_embedding") == [0] + values(source, "visual.trunk.pos_embed"))
  }

  @Test(
    arguments: [
      ("0.bn.running_mean", nil, "backbone.0.bn.running_mean' is missing"),
      ("1.bn.running_var", [3], "backbone.1.bn.running_var' has shape [3], expected [2]"),
      ("1.bn.weight", [2, 1], "backbone.1.bn.weight' has shape [2, 1]"),
      ("2.conv.weight", [1, 2], "backbone.2.conv.weight' has shape [1, 2]"),
      ("1.conv.weight", nil, "backbone.1.conv.weight' is missing"),
    ] as [(String, [Int]?, String)])
  func whatDoesNotFitIsNamed(_ name: String, _ shape: [Int]?, _ part: String) throws {
    let source = try FakeTensors(Self.shapes([name: shape]))
    let tensors = try renamed(source)
    let error = #expect(throws: Failure.self) { try StemTensors(tensors, isStated: true) }
    #expect(error?.message.contains(part) == true, "\(error as Any)")
  }

  /// A file that has a tensor of the stem already has two for one place, of which neither is left out unsaid.
  @Test(arguments: [("visual.stem.1.weight", "1.conv.weight"), ("visual.stem.0.bias", "0.bn.bias")])
  func noTensorIsReplaced(_ name: String, _ own: String) throws {
    let tensors = try renamed(FakeTensors(Self.shapes() + [(name, [2])]))
    let error = #expect(throws: Failure.self) { try StemTensors(tensors, isStated: true) }
    let message = "the tensors '\(name)' and '\(Self.prefix)\(own)' stand for the same"
    #expect(error?.message == message, "\(error as Any)")
  }

  @Test func theConfigurationAndTheTensorsAreOfOneModel() throws {
    let stem = try renamed(FakeTensors(Self.shapes()))
    #expect(throws: Failure.self) { try StemTensors(stem, isStated: false) }
    let plain = try renamed(
      FakeTensors([
        ("visual.trunk.patch_embed.proj.weight", [1]), ("visual.trunk.blocks.0.norm1.weight", [1]),
      ]))
    #expect(try StemTensors(plain, isStated: false) == nil)
    let error = #expect(throws: Failure.self) { try StemTensors(plain, isStated: true) }
    #expect(error?.message.contains("with a stem") == true)
  }

  @Test func integersAreNoStem() throws {
    let tensors = try renamed(FakeTensors(Self.shapes(), type: .i8))
    let error = #expect(throws: Failure.self) { try StemTensors(tensors, isStated: true) }
    #expect(error?.message.contains("floating point") == true)
  }
}
