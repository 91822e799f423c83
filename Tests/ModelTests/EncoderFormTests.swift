import System
import Testing
import Weights

@testable import Model

/// Forms of the image encoder that no tensor tells: numbers that do not fit, and options that exclude them.
struct EncoderFormTests {
  private func failure(
    _ tensors: InMemoryTensors, _ options: LoadOptions = LoadOptions(),
    _ declare: (inout DeclaredOptions) -> Void
  ) -> Failure? {
    var declared = DeclaredOptions()
    declare(&declared)
    do throws(Failure) {
      _ = try ActionCLIP(tensors, options: options, declared: declared, declaresOptions: false)
      return nil
    } catch { return error }
  }

  @Test func rotaryPositionsNeedHeadsOfFours() {
    for (heads, isFit) in [(1, true), (16, true), (32, false), (3, false), (8192, false)] {
      let error = failure(.clip()) { ($0.rotary, $0.visionHeads) = (.eva02, heads) }
      #expect((error == nil) == isFit, "\(heads) \(error as Any)")
    }
    #expect(failure(.clip()) { ($0.rotary, $0.visionHeads) = (.pe, 32) }?.message.contains("of 4") == true)
  }

  @Test func wordsAreNotLearnedInTextsThatAreWhole() {
    var tensors = InMemoryTensors.clip()
    tensors.add("prompt.context", [2, 64])
    for (form, isComputed) in [(TextForm.causal, true), (.whole, false), (.wholeToMark, false)] {
      #expect((failure(tensors) { $0.textForm = form } == nil) == isComputed)
      #expect(failure(.clip()) { $0.textForm = form } == nil)
    }
  }

  @Test func headsOfAProbeDivideTheWidth() {
    var tensors = InMemoryTensors.clip()
    tensors.addProbe()
    for (heads, isFit) in [(1, true), (8, true), (32, true), (64, false), (7, false), (8192, false)] {
      let error = failure(tensors) { $0.poolHeads = heads }
      #expect((error == nil) == isFit, "\(heads) \(error as Any)")
      #expect(isFit || error?.message.contains("'actionclip.pool_heads'") == true)
    }
  }

  @Test func framesAreEncodedEachByItself() {
    for form in RotaryForm.allCases {
      for options in [LoadOptions(temporalShift: .twoSided), LoadOptions(temporalView: 1)] {
        #expect(failure(.clip(), options) { $0.rotary = form }?.kind == .unsupported)
      }
      for (name, shape) in [("visual.time_embedding", [8, 64]), ("visual.VPT", [2, 64])] {
        var tensors = InMemoryTensors.clip()
        tensors.add(name, shape)
        #expect(failure(tensors) { $0.rotary = form }?.kind == .unsupported, "\(name)")
      }
    }
  }

  @Test func gatesElsewhereAreNotPassedOver() {
    var tensors = InMemoryTensors.clip()
    tensors.add("transformer.resblocks.0.mlp.c_gate.weight", [256, 64])
    #expect(failure(tensors) { _ in }?.message.contains("c_gate") == true)
    tensors = .clip()
    tensors.addGates()
    tensors.tensors["visual.transformer.resblocks.1.mlp.c_gate.weight"] = nil
    #expect(failure(tensors) { _ in }?.kind == .missingTensor)
  }
}
