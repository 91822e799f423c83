import Text
import Weights

/// The tensors of weights that are spread over several files, as an index says. Source: transformers
/// `model.safetensors.index.json`.
final class ShardedTensors: TensorSource {
  let files: [WeightsFile]
  let names: [String]
  /// Of each name, the index of its file.
  private let places: [Int]

  /// `files` are the index's, in its order.
  init(_ index: ShardIndex, _ files: [WeightsFile]) throws(WeightsError) {
    let (shards, map) = (index.shards, index.map)
    guard files.count == shards.count, !files.isEmpty else { throw .invalid("the index names no tensor") }
    var found: [(name: String, place: Int)] = []
    for (place, file) in files.enumerated() {
      guard file.format == files[0].format else {
        throw .invalid("the files that the index names are of different formats")
      }
      for name in file.names { found.append((name, place)) }
    }
    found.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    let wanted = map.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    var position = 0
    for entry in wanted {
      if position < found.count, found[position].name.utf8.lexicographicallyPrecedes(entry.name.utf8) {
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

  // MARK: - Reading

  private func file(_ name: String) -> WeightsFile? {
    var (low, high) = (0, names.count)
    while low < high {
      let middle = (low + high) / 2
      if names[middle].utf8.lexicographicallyPrecedes(name.utf8) { low = middle + 1 } else { high = middle }
    }
    guard low < names.count, names[low].utf8.elementsEqual(name.utf8) else { return nil }
    return files[places[low]]
  }

  /// The first file says that there is no such tensor.
  private func fileOrFirst(_ name: String) -> WeightsFile { file(name) ?? files[0] }

  func info(_ name: String) -> TensorInfo? { file(name)?.info(name) }

  func isWhole(_ name: String) -> Bool { file(name)?.isWhole(name) ?? false }

  func stored(_ name: String) -> UnsafeRawBufferPointer? { file(name)?.stored(name) }

  func read(_ name: String, into destination: UnsafeMutableBufferPointer<Float>) throws(WeightsError) {
    try fileOrFirst(name).read(name, into: destination)
  }

  func read(
    _ name: String, from first: Int, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(WeightsError) {
    try fileOrFirst(name).read(name, from: first, into: destination)
  }

  func readStored(
    _ name: String, into destination: UnsafeMutableRawBufferPointer
  ) throws(WeightsError) -> Bool {
    try fileOrFirst(name).readStored(name, into: destination)
  }
}
