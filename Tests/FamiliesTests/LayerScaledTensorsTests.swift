import System
import Testing
import Weights

@testable import Families

@Suite struct LayerScaledTensorsTests {
  private let block = "visual.transformer.resblocks.1."

  private func values(_ tensors: any TensorSource, _ name: String) throws -> [Float] {
    let count = try #require(tensors.info(name)).count
    var values = [Float](repeating: -1, count: count)
    try values.withUnsafeMutableBufferPointer { try tensors.read(name, into: $0) }
    return values
  }

  @Test func multipliesScalesIntoTheLayersBeforeThem() throws {
    let source = try FakeTensors([
      (block + "ls_1.gamma", [2]), (block + "attn.out_proj.weight", [2, 3]),
      (block + "attn.out_proj.bias", [2]), (block + "mlp.c_proj.weight", [2, 2]),
      (block + "ls_2.gamma", [2]), (block + "mlp.c_fc.weight", [2, 2]),
    ])
    let tensors = try #require(try LayerScaledTensors(source))
    #expect(!tensors.names.contains { $0.hasSuffix("gamma") } && tensors.names.count == 4)
    // The scales are [0, 1], the weights 2 to 7.
    #expect(try values(tensors, block + "attn.out_proj.weight") == [0, 0, 0, 5, 6, 7])
    #expect(try values(tensors, block + "attn.out_proj.bias") == [0, 9])
    // The scales are [14, 15], the weights 10 to 13.
    #expect(try values(tensors, block + "mlp.c_proj.weight") == [140, 154, 180, 195])
    #expect(try values(tensors, block + "mlp.c_fc.weight") == [16, 17, 18, 19])
    #expect(!tensors.isWhole(block + "attn.out_proj.bias") && tensors.isWhole(block + "mlp.c_fc.weight"))
  }

  @Test func weightsWithoutScalesStayAsTheyAre() throws {
    #expect(try LayerScaledTensors(FakeTensors([(block + "attn.out_proj.weight", [2, 3])])) == nil)
  }

  @Test(arguments: [[3], [2, 1], []]) func aScaleOfAnotherWidthIsRefused(_ shape: [Int]) throws {
    let source = try FakeTensors([(block + "ls_1.gamma", shape), (block + "attn.out_proj.weight", [2, 3])])
    let error = #expect(throws: Failure.self) { try LayerScaledTensors(source) }
    #expect(error?.kind == .tensorShape && error?.message.contains("ls_1.gamma") == true)
  }
}
