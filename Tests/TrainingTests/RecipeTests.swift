import Foundation
import Numerics
import System
import Testing

@testable import Training

/// Schedules and roundings of the recipes.
struct RecipeTests {
  @Test func rateRisesInALineAndFallsAsACosine() {
    var recipe = Recipe.anchored
    (recipe.epochs, recipe.warmUpEpochs) = (50, 5)
    let schedule = Schedule(recipe, stepsPerEpoch: 4)
    for (step, factor) in [
      (0, 0), (1, 0.05), (10, 0.5), (20, 1), (110, 0.5), (199, (cos(Double.pi * 44.75 / 45) + 1) / 2),
    ] {
      #expect(abs(schedule.factor(step: step) - factor) < 1e-12, "step \(step)")
    }
    #expect(schedule.factor(step: 1000) < 1e-12)
  }

  /// The released trainer sets the rate at an epoch's first step and at every tenth, and leaves it between.
  @Test func referenceSetsTheRateEveryTenSteps() {
    let schedule = Schedule(.reference, stepsPerEpoch: 24)
    let changes = (0..<48).filter { $0 == 0 || schedule.factor(step: $0) != schedule.factor(step: $0 - 1) }
    #expect(changes == [0, 9, 19, 24, 33, 43])
    #expect(schedule.factor(step: 9) == 9.0 / 24 / 5)
  }

  /// Rounding to fp16 is the nearest of all its numbers, ties to even.
  @Test func halfRoundingIsThatOfTheFormat() {
    func value(_ bits: Int) -> Double {
      let (exponent, fraction) = (bits >> 10 & 31, Double(bits & 1023))
      return exponent == 0 ? fraction * 0x1p-24 : (1 + fraction / 1024) * pow(2, Double(exponent - 15))
    }
    for bits in stride(from: 0, to: 0x7BFF, by: 7) {
      let (low, high) = (value(bits), value(bits + 1))
      let middle = Float((low + high) / 2)
      let even = Float(bits % 2 == 0 ? low : high)
      #expect(HalfRounding.rounded(Float(low)) == Float(low))
      #expect(HalfRounding.rounded(middle) == even && HalfRounding.rounded(-middle) == -even)
      #expect(HalfRounding.rounded(middle.nextUp) == Float(high))
      #expect(HalfRounding.rounded(middle.nextDown) == Float(low))
    }
    #expect(HalfRounding.rounded(65519) == 65504 && HalfRounding.rounded(65520) == .infinity)
    #expect(HalfRounding.rounded(0) == 0 && HalfRounding.rounded(1e-12) == 0)
  }

  @Test func halfIsForTheMatricesThatCLIPHoldsSo() {
    for name in [
      "visual.conv1.weight", "visual.proj", "text_projection", "transformer.resblocks.0.attn.in_proj_weight",
      "visual.transformer.resblocks.3.net.attn.in_proj_bias", "transformer.resblocks.1.attn.out_proj.weight",
      "visual.transformer.resblocks.0.mlp.c_fc.bias", "visual.transformer.resblocks.0.mlp.c_proj.weight",
    ] { #expect(HalfRounding.applies(to: name), "\(name)") }
    for name in [
      "logit_scale", "token_embedding.weight", "positional_embedding", "visual.class_embedding",
      "visual.positional_embedding", "visual.ln_pre.weight", "transformer.resblocks.0.ln_1.weight",
      "fusion.transformer.resblocks.0.mlp.c_fc.weight", "fusion.lstm_visual.weight_ih_l0",
    ] { #expect(!HalfRounding.applies(to: name), "\(name)") }
  }
}
