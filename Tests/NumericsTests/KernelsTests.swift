import CProcessor
import Testing

@testable import Numerics

/// The choice of kernels on processors that may be others than this one.
struct KernelsTests {
  private static let tiles =
    CPROCESSOR_AMX_TILE.rawValue | CPROCESSOR_AMX_BF16.rawValue | CPROCESSOR_AMX_INT8.rawValue
  private static let others = CPROCESSOR_AVX2.rawValue | CPROCESSOR_AVX512_BF16.rawValue

  /// The features that a model computes with, and how often it asked for tiles.
  private func features(_ precision: Precision, _ detected: UInt32, granted: Bool) -> (UInt32, asked: Int) {
    var asked = 0
    let features = Kernels.features(for: precision, detected: detected) {
      asked += 1
      return granted
    }
    return (features, asked)
  }

  @Test(arguments: [Precision.bf16, .int8]) func lowPrecisionAsksForTiles(precision: Precision) {
    #expect(features(precision, Self.others | Self.tiles, granted: true) == (Self.others | Self.tiles, 1))
  }

  @Test(arguments: [Precision.bf16, .int8]) func aRefusalLeavesTheOtherFeatures(precision: Precision) {
    #expect(features(precision, Self.others | Self.tiles, granted: false) == (Self.others, 1))
  }

  @Test func fp32NeverAsks() {
    #expect(features(.fp32, Self.others | Self.tiles, granted: true) == (Self.others, 0))
  }

  @Test(arguments: Precision.allCases) func withoutTilesNothingIsAsked(precision: Precision) {
    #expect(features(precision, Self.others, granted: true) == (Self.others, 0))
  }
}
