import System
import Text
import Weights

/// The index of a model in several files: the file in which each tensor is. Source: transformers `model.safetensors.index.json`.
struct ShardIndex {
  let map: [(name: String, shard: String)]
  /// The files, each once, sorted.
  let shards: [String]

  static let maximumShards = 256
  static let maximumTensors = 16_384

  init(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    map = try ShardIndex.read(bytes)
    let all = map.map(\.shard).sorted(by: bytesPrecede)
    var shards: [String] = []
    for shard in all where shards.last.map({ $0.utf8.elementsEqual(shard.utf8) }) != true {
      guard shards.count < ShardIndex.maximumShards else {
        throw .limit("the index names over \(ShardIndex.maximumShards) files")
      }
      try ShardIndex.check(shard)
      shards.append(shard)
    }
    guard !shards.isEmpty else { throw .invalid("the index names no tensor") }
    self.shards = shards
  }

  private static func read(
    _ bytes: UnsafeRawBufferPointer
  ) throws(Failure) -> [(name: String, shard: String)] {
    var map: [(name: String, shard: String)] = []
    var isThere = false
    var json = JSONReader(bytes, maximumDepth: 8, maximumKeys: maximumTensors, subject: "")
    try Configurations.forEachKey(&json) { (key, json) throws(Failure) in
      guard key == "weight_map" else { return try json.skip(atMost: Configurations.maximumText) }
      isThere = true
      try Configurations.forEachKey(&json) { (name, json) throws(Failure) in
        map.append((name, try json.string(atMost: 255)))
      }
    }
    try json.finish()
    guard isThere else {
      throw .invalid(
        "'weight_map' is missing: this JSON is no index of weights; give the folder it lies in, or the file of weights"
      )
    }
    return map
  }

  /// An index may name files beside it and nowhere else.
  private static func check(_ shard: String) throws(Failure) {
    let bytes = Array(shard.utf8)
    guard !bytes.isEmpty, bytes[0] != UInt8(ascii: "."), !bytes.contains(UInt8(ascii: "/")),
      !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F })
    else { throw .invalid("\(quoted(bytes)) in the index is not the plain name of a file beside it") }
  }
}
