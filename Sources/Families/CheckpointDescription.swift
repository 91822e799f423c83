import System
import Text
import Weights

/// A description of the file or folder at a path, made without loading a model.
public enum CheckpointDescription {
  /// Pairs for people, in order. Throws where not even its tensors can be listed.
  public static func of(_ path: FilePath) throws(Failure) -> [(key: String, value: String)] {
    if let adapter = try AdapterFolder(path, .none) { return of(adapter) }
    let found = try CheckpointFiles(path, .none)
    let names = found.tensors.names
    let format = name(of: found.files[0].format)
    var pairs = [("format", found.files.count == 1 ? format : "\(format), \(found.files.count) shards")]
    let metadata = found.files[0].metadata
    let taught = metadata.index(of: "actionclip.classifier".utf8) != nil
    do {
      try found.refuseForeign()
      let layout = try Layout(names, sections: found.files[0].sections)
      let prefix = layout.prefix.isEmpty ? "" : ", names under \(quoted(layout.prefix.utf8))"
      let none = "none that is known: no tensor is named as an image encoder's patch embedding"
      pairs.append(
        ("layout", taught ? "a taught classifier" : layout.isKnown ? layout.family.name + prefix : none))
    } catch {
      // A cancelled call or a lack of memory says nothing about the file.
      if error.kind == .cancelled || error.kind == .outOfMemory { throw error }
      pairs.append(("layout", "none that is read: \(error.message)"))
    }
    let sections = found.files[0].sections
    if !sections.isEmpty { pairs.append(("dicts", sections.joined(separator: ", "))) }
    pairs.append(("tensors", size(of: names.compactMap { found.tensors.info($0) })))
    if taught {
      for (key, name, limit) in [
        ("labels", "actionclip.labels", 400), ("its model", "actionclip.classifier_model", 64),
      ] {
        guard let index = metadata.index(of: name.utf8) else { continue }
        pairs.append((key, printable(metadata.value(index), limit: limit)))
      }
    }
    let keys = (0..<metadata.count).map { printable(metadata.key($0), limit: 64) }
    if !keys.isEmpty { pairs.append(("metadata", keys.joined(separator: ", "))) }
    return pairs
  }

  private static func of(_ adapter: AdapterFolder) -> [(key: String, value: String)] {
    let file = adapter.weights
    return [
      ("format", name(of: file.format)), ("layout", "LoRA matrices (PEFT)"),
      ("base", adapter.configuration.base.map { quoted($0.utf8) } ?? "not named"),
      ("tensors", size(of: file.names.compactMap { file.info($0) })),
    ]
  }

  private static func name(of format: WeightsFormat) -> String {
    switch format {
    case .safetensors: "safetensors"
    case .torch: "torch.save checkpoint"
    case .torchScript: "TorchScript archive"
    }
  }

  /// "302, 151277313 numbers: 151273217 f16, 4096 f32".
  private static func size(of infos: [TensorInfo]) -> String {
    var counts: [(type: ElementType, count: Int)] = []
    for info in infos {
      // Each lies in a file of at most 16 GiB.
      if let index = counts.firstIndex(where: { $0.type == info.elementType }) {
        counts[index].count = counts[index].count.addingReportingOverflow(info.count).partialValue
      } else {
        counts.append((info.elementType, info.count))
      }
    }
    counts.sort { ($1.count, $0.type.rawValue) < ($0.count, $1.type.rawValue) }
    let total = counts.reduce(0) { $0.addingReportingOverflow($1.count).partialValue }
    let types = counts.map { "\($0.count) \($0.type)" }.joined(separator: ", ")
    return "\(infos.count), \(total) numbers" + (types.isEmpty ? "" : ": \(types)")
  }
}
