import Text
import Weights

/// The tensors of weights that are spread over several files, as an index says. Source: transformers
/// `model.safetensors.index.json`.
final class ShardedTensors: TensorSource {
  let files: [WeightsFile]
  let names: [String]
  /// Of each name, the index of its file.
  private let places: [Int]

  static let maximumShards = 256
  static let maximumTensors = 16_384

  /// `open` opens a file that lies beside the index.
  init(
    _ index: UnsafeRawBufferPointer, open: (_ name: String) throws(WeightsError) -> WeightsFile
  ) throws(WeightsError) {
    let map = try ShardedTensors.read(index)
    let all = map.map(\.shard).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    var shards: [String] = []
    for shard in all where shards.last.map({ $0.utf8.elementsEqual(shard.utf8) }) != true {
      guard shards.count < ShardedTensors.maximumShards else {
        throw .limit("the index names over \(ShardedTensors.maximumShards) files")
      }
      try ShardedTensors.check(shard)
      shards.append(shard)
    }
    guard !shards.isEmpty else { throw .invalid("the index names no tensor") }
    var files: [WeightsFile] = []
    for shard in shards { files.append(try open(shard)) }
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

  private static func read(
    _ bytes: UnsafeRawBufferPointer
  ) throws(WeightsError) -> [(name: String, shard: String)] {
    var map: [(name: String, shard: String)] = []
    var isThere = false
    var json = JSONReader<WeightsError>(bytes, maximumDepth: 8, maximumKeys: maximumTensors, subject: "")
    try Configurations.forEachKey(&json) { (key, json) throws(WeightsError) in
      guard key == "weight_map" else { return try json.skip(atMost: Configurations.maximumText) }
      isThere = true
      try Configurations.forEachKey(&json) { (name, json) throws(WeightsError) in
        map.append((name, try json.string(atMost: 255)))
      }
    }
    try json.finish()
    guard isThere else { throw .invalid("'weight_map' is missing: this is no index of weights") }
    return map
  }

  /// An index may name files beside it and nowhere else.
  private static func check(_ shard: String) throws(WeightsError) {
    let bytes = Array(shard.utf8)
    guard !bytes.isEmpty, bytes[0] != UInt8(ascii: "."), !bytes.contains(UInt8(ascii: "/")),
      !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F })
    else { throw .invalid("\(quoted(bytes)) in the index is not the plain name of a file beside it") }
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
