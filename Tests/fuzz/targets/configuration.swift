// fuzz: -max_len=4096
import System
import Text
import Weights

@testable import Families

/// Fuzzes the texts that lie beside weights: a configuration of Hugging Face's or open_clip's, an image processor's, a
/// LoRA's, a SigLIP's, an Open-VCLIP's settings, an index of shards, a model's name. The first byte says which.
@_cdecl("fuzz_configuration")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  guard size > 0, let data else { return 0 }
  let bytes = UnsafeRawBufferPointer(start: data + 1, count: size - 1)
  do throws(Failure) {
    switch data[0] % 11 {
    case 0:
      let configuration = try HuggingFaceConfiguration(bytes)
      precondition(configuration.traits.activation != nil && configuration.traits.visionHeads != nil)
      try configuration.check(vocabulary: 49_408)
    case 1: check(try ImageProcessorConfiguration(bytes))
    case 2:
      let configuration = try OpenCLIPConfiguration(bytes)
      precondition(configuration.traits.activation != nil)
    case 3:
      for name in try ShardIndex(bytes).shards {
        precondition(!name.utf8.contains(UInt8(ascii: "/")) && !name.isEmpty && name.utf8.first != 0x2E)
      }
    case 4:
      _ = try OpenCLIPNames.traits(String(decoding: bytes, as: UTF8.self), isActivationKnown: data[0] > 127)
    case 5: if let processor = try ImageProcessorConfiguration.inProcessor(bytes) { check(processor) }
    case 6: try ForeignModels.check(bytes)
    case 8:
      let configuration = try AdapterConfiguration(bytes)
      precondition(configuration.scaling(rank: 4).isNaN == configuration.alpha.isNaN)
    case 9:
      let traits = try SigLIPConfiguration(bytes).traits
      precondition(traits.activation != nil && traits.visionHeads != nil && traits.imageSize != nil)
    case 10: check(try ImageProcessorConfiguration(bytes, of: .sigLIP))
    default:
      let view = try OpenVCLIPSettings(Array(bytes)).view() ?? 1
      precondition((1...3).contains(view))
    }
  } catch { precondition(!error.message.isEmpty) }
  return 0
}

private func check(_ processor: ImageProcessorConfiguration) {
  precondition(processor.channels.mean.count == 3 && processor.channels.std.count == 3)
}
