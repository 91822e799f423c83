import TensorNames
import Text
import Weights

/// Words about tensors that no part of the model uses: the module they belong to, and how to go on.
enum UnknownTensors {
  /// Parts that programs add inside CLIP's encoders: a mark in the tensor's name, and words for the message.
  private static let inside: [(mark: String, what: String)] = [
    ("adapter", "of an adapter that was put between the encoder's layers"),
    ("temporal", "of a step between the frames of a video"),
    ("time", "of a step between the frames of a video"),
    ("frame", "of a step between the frames of a video"),
    ("message", "of a step between the frames of a video"),
    ("shift", "of a step between the frames of a video"), ("prompt", "of learned prompts"),
    ("expert", "of a mixture of experts"), ("ls_", "of a scale after the encoder's layers"),
  ]

  /// `name` is the tensor's among the model's names, `source` its name in the file; `container` the key of a torch
  /// checkpoint under which the tensors lie.
  static func describe(
    _ name: String, source: String, _ format: WeightsFormat, container: String?
  ) -> String {
    let encoders = [
      TensorNames.Vision.prefix, TensorNames.Text.prefix, TensorNames.Head.prefix,
      TensorNames.Integration.prefix, "prompts_",
    ]
    if encoders.contains(where: name.hasPrefix) {
      let lower = name.lowercased()
      let what =
        inside.first { lower.utf8Contains($0.mark) }?.what ?? "of a part that CLIP's encoders have not"
      return "it is \(what); without it the numbers would be others, so the file is not read"
    }
    let what = "it lies outside of the encoders, as a classifier of one's own does, which is not used here"
    guard let line = line(source, format, container) else { return what }
    return "\(what); to save the file without it: \(line)"
  }

  /// Python that drops the whole module which the tensor belongs to.
  private static func line(_ source: String, _ format: WeightsFormat, _ container: String?) -> String? {
    let isPlain = source.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == 0x5F || $0 == 0x2E
        || $0 == 0x2D
    }
    guard isPlain, source.utf8.count <= 128 else { return nil }
    // All but the last part: the module's name with its dot, or the tensor's own.
    let dot = source.utf8.lastIndex(of: UInt8(ascii: "."))
    let stem = dot.map { String(source[...$0]) } ?? source
    let keep = "if not k.removeprefix('module.').startswith('\(stem)')"
    switch format {
    case .safetensors:
      return "from safetensors.torch import load_file, save_file; s = load_file('old.safetensors'); "
        + "save_file({k: v for k, v in s.items() \(keep)}, 'new.safetensors')"
    case .torch:
      let place = container.map { "['\($0)']" } ?? ""
      return "import torch; s = torch.load('old.pt', \(TorchAdvice.arguments))\(place); "
        + "torch.save({k: v for k, v in s.items() \(keep)}, 'new.pt')\(TorchAdvice.trust)"
    case .torchScript:
      return "import torch; s = torch.jit.load('old.pt', map_location='cpu').state_dict(); "
        + "torch.save({k: v for k, v in s.items() \(keep)}, 'new.pt')"
    }
  }
}

extension String {
  func utf8Contains(_ part: String) -> Bool {
    let (text, part) = (Array(utf8), Array(part.utf8))
    guard part.count <= text.count else { return false }
    return (0...text.count - part.count).contains { text[$0..<$0 + part.count].elementsEqual(part) }
  }
}
