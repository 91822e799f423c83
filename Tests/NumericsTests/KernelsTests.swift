import CProcessor
import Testing

@testable import Numerics

/// The choice of kernels on processors that may be others than this one.
struct KernelsTests {
  private static let tiles =
    CPROCESSOR_AMX_TILE.rawValue | CPROCESSOR_AMX_BF16.rawValue | CPROCESSOR_AMX_INT8.rawValue
  private static let others = CPROCESSOR_AVX2.rawValue | CPROCESSOR_AVX512_BF16.rawValue

  /// The features that a model computes with, and how often it asked for tiles.
  private func features(
    _ precision: Precision, upTo limit: InstructionSet? = nil, _ detected: UInt32, granted: Bool
  ) -> (UInt32, asked: Int) {
    var asked = 0
    let features = Kernels.features(for: precision, upTo: limit, detected: detected) {
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

  #if arch(x86_64)
  @Test(arguments: InstructionSet.ordered) func aLimitBelowTilesForbidsAsking(limit: InstructionSet) {
    let (features, asked) = features(.bf16, upTo: limit, Self.others | Self.tiles, granted: true)
    #expect(asked == (limit == .amx ? 1 : 0))
    #expect(features == (Self.others | Self.tiles) & limit.features)
  }
  #endif

  /// Each limit gives kernels of its own instruction set and of those before it.
  @Test func aLimitIsKept() {
    for (position, limit) in InstructionSet.ordered.enumerated() {
      let kernels = Kernels(features: limit.features)
      let sets = Precision.allCases.map(kernels.products) + [kernels.rows]
      #expect(sets.allSatisfy(InstructionSet.ordered[...position].contains), "\(limit)")
      #expect(sets.contains(limit), "\(limit)")
    }
  }

  @Test func theLowerOfTwoLimitsWins() {
    let (low, high) = (InstructionSet.ordered[0], InstructionSet.ordered[InstructionSet.ordered.count - 1])
    #expect(InstructionSet.lower(low, high) == low)
    #expect(InstructionSet.lower(high, low) == low)
    #expect(InstructionSet.lower(nil, high) == high)
    #expect(InstructionSet.lower(low, nil) == low)
    #expect(InstructionSet.lower(nil, nil) == nil)
  }
}
