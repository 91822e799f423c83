import System
import Text
import Weights

/// The tensors of weights that are spread over several files, as an index says. Source: transformers
/// `model.safetensors.index.json`.
final class ShardedTensors: ForwardingTensors {
  let files: [WeightsFile]
  let names: [String]
  /// The index of each name's file.
  private let places: [Int]

  /// `files` are the index's, in its order.
  init(_ index: ShardIndex, _ files: [WeightsFile]) throws(Failure) {
    let (shards, map) = (index.shards, index.map)
    guard files.count == shards.count, !files.isEmpty else { throw .invalid("the index names no tensor") }
    var found: [(name: String, place: Int)] = []
    for (place, file) in files.enumerated() {
      guard file.format == files[0].format else {
        throw .invalid("the files that the index names are of different formats")
      }
      for name in file.names { found.append((name, place)) }
    }
    found.sort { bytesPrecede($0.name, $1.name) }
    let wanted = map.sorted { bytesPrecede($0.name, $1.name) }
    var position = 0
    for entry in wanted {
      if position < found.count, bytesPrecede(found[position].name, entry.name) {
        break
      }
      guard position < found.count, found[position].name.utf8.elementsEqual(entry.name.utf8),
        shards[found[position].place].utf8.elementsEqual(entry.shard.utf8)
      else {
        throw .invalid(
          "tensor \(quoted(entry.name.utf8)) is not in \(quoted(entry.shard.utf8)), where the index has it")
      }
      position += 1
    }
    guard position == found.count else {
      let extra = found[position]
      throw .invalid(
        "tensor \(quoted(extra.name.utf8)) in \(quoted(shards[extra.place].utf8)) is not in the index, or there twice"
      )
    }
    self.files = files
    names = found.map(\.name)
    places = found.map(\.place)
  }

  /// The first file says that there is no such tensor.
  func source(of name: String) -> any TensorSource { files[position(of: name).map { places[$0] } ?? 0] }
}
