import System
import Testing

@testable import Preprocess

@Suite("Presets of families of checkpoints")
struct PresetTests {
  @Test("The reference's is what is done by default")
  func reference() {
    let (preset, options) = (Preset.actionCLIP, PreprocessOptions())
    #expect(preset.resize == options.mode && preset.shortSide == options.shortSide)
    #expect(preset.mean == options.mean && preset.std == options.std)
    #expect(preset.sampling == .reference && preset.templates.isEmpty)
    #expect(preset == Preset() && preset != .clip)
  }

  @Test(
    "Each can be worked with, and each is another",
    arguments: [
      Preset.actionCLIP, .clip, .mmaction2, .viFiCLIP, .openVCLIP,
    ])
  func sound(_ preset: Preset) throws {
    try preset.check()
    _ = try Preprocessor(size: 224, options: preset.options)
    #expect(
      preset.templates.allSatisfy { $0.split(separator: "{}", omittingEmptySubsequences: false).count == 2 })
    let all = [Preset.actionCLIP, .clip, .mmaction2, .viFiCLIP, .openVCLIP]
    #expect(all.count { $0 == preset } == 1)
  }

  @Test("mmaction2's mean and std are CLIP's, rounded on the other scale")
  func mmaction2() {
    let (mean, std) = (Preset.mmaction2.mean, Preset.mmaction2.std)
    let found: [Float] = [mean.0, mean.1, mean.2, std.0, std.1, std.2]
    let digits: [Double] = [122.771, 116.746, 104.093, 68.5, 66.632, 70.323]
    for (number, expected) in zip(found, digits) { #expect(abs(Double(number) * 255 - expected) < 1e-5) }
    #expect(mean != PreprocessOptions.clipMean)
  }

  @Test("Open-VCLIP has 28 prompts")
  func prompts() {
    let templates = Preset.openVCLIP.templates
    #expect(templates.count == 28 && Set(templates).count == 28)
    #expect(
      templates.first == "a photo of {}." && templates.last == "a demonstration of a person practicing {}.")
    #expect(templates.contains("a example of a person using {}."))
  }

  @Test("What cannot be worked with is refused")
  func refused() {
    for preset in [Preset(std: (1, 0, 1)), Preset(mean: (.infinity, 0, 0)), Preset(std: (1, 1, .nan))] {
      #expect(throws: Failure.self) { try preset.check() }
    }
  }
}
