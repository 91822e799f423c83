import CActionCLIP

/// The settings that decide an archive's rows: the model, the windows and the form of the numbers. They are written
/// before the first row and never change.
struct ArchiveManifest: Decodable {
  static let format = "actionclip-archive"
  static let version = 1

  /// The settings besides the model's file that change embeddings.
  struct Options: Decodable {
    let head: String
    let joint: Bool
    let temporalShift: String
    /// Frames on each side that a frame's tokens see; nil: as the model's file says.
    let temporalView: Int?
    let activation: String
    let compute: String
    let resize: String
    let decode: String
  }

  let format: String
  let version: Int
  /// The version of the library that made the archive. Another version may go on with it.
  let library: String
  /// The SHA-256 of the model's file.
  let model: String
  let modelName: String
  /// The length of an embedding.
  let dimension: Int
  let dtype: EmbeddingType
  /// Seconds that a window lasts; nil: a row is a whole video.
  let window: Double?
  /// Seconds from one window to the next; nil: a row is a whole video.
  let step: Double?
  /// Frames of a window.
  let frames: Int
  let options: Options
  /// The greatest number of rows in a shard.
  let rowsPerShard: Int
  /// The part of a list that the archive has, such as "0/4"; nil: all.
  var shard: String?

  /// The one word by which a manifest is known.
  private struct Kind: Decodable { let format: String }

  /// The reason why a manifest was not decoded, with the key in question as the file has it.
  private static func reason(_ error: any Error) -> String {
    func shown(_ path: [any CodingKey]) -> String {
      let name = path.map(\.stringValue).joined(separator: ".")
      return "'" + name.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) } + "'"
    }
    switch error as? DecodingError {
    case .keyNotFound(let key, let context):
      return "it has no \(shown(context.codingPath + [key])), which actionclip embed writes"
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      return "its \(shown(context.codingPath)) is not as actionclip embed writes it"
    default: return "it is damaged"
    }
  }

  /// The manifest in the text of a file.
  init(_ bytes: [UInt8], name: String) throws(CommandError) {
    let kind = try? ArchiveLines.value(bytes[...], as: Kind.self)
    guard kind?.format == ArchiveManifest.format else {
      throw CommandError("\(name): it is no manifest of an archive")
    }
    let found: ArchiveManifest
    do { found = try ArchiveLines.value(bytes[...], as: ArchiveManifest.self) } catch {
      throw CommandError("\(name): \(ArchiveManifest.reason(error)): take the file from a backup")
    }
    guard found.version == ArchiveManifest.version else {
      throw CommandError(
        "\(name): it is of version \(found.version), and this program reads version \(ArchiveManifest.version)"
      )
    }
    let seconds = [found.window, found.step].compactMap { $0 }
    guard (1...1 << 20).contains(found.dimension), (1...1 << 24).contains(found.rowsPerShard),
      (found.window == nil) == (found.step == nil), seconds.allSatisfy({ $0 > 0 && $0 <= 86400 })
    else { throw CommandError("\(name): its numbers are those of no archive: take the file from a backup") }
    self = found
  }

  init(
    model: String, modelName: String, dimension: Int, dtype: EmbeddingType, window: Double?, step: Double?,
    frames: Int, options: Options, rowsPerShard: Int, shard: String?
  ) {
    (format, version) = (ArchiveManifest.format, ArchiveManifest.version)
    library = Version.library
    (self.model, self.modelName, self.dimension, self.dtype) = (model, modelName, dimension, dtype)
    (self.window, self.step, self.frames, self.options) = (window, step, frames, options)
    (self.rowsPerShard, self.shard) = (rowsPerShard, shard)
  }

  /// The settings that all rows of an archive share, with their names for people.
  private var settings: [(name: String, value: JSONValue)] {
    [
      ("model", .string(model)), ("dimension", .int(Int64(dimension))), ("dtype", .string(dtype.rawValue)),
      ("window", ArchiveManifest.json(window)), ("step", ArchiveManifest.json(step)),
      ("frames", .int(Int64(frames))), ("head", .string(options.head)), ("joint", .bool(options.joint)),
      ("temporal shift", .string(options.temporalShift)),
      ("temporal view", options.temporalView.map { .int(Int64($0)) } ?? .null),
      ("activation", .string(options.activation)), ("compute", .string(options.compute)),
      ("resize", .string(options.resize)), ("decode", .string(options.decode)),
      ("rows per shard", .int(Int64(rowsPerShard))),
    ]
  }

  private static func json(_ seconds: Double?) -> JSONValue { seconds.map { .double($0) } ?? .null }

  /// The first setting in which another manifest differs, with both values as text; nil if rows of both go together.
  func difference(from other: ArchiveManifest) -> (name: String, own: String, other: String)? {
    for (own, its) in zip(settings, other.settings) where own.value.text != its.value.text {
      return (own.name, own.value.text, its.value.text)
    }
    return nil
  }

  var json: JSONValue {
    [
      "format": .string(format), "version": .int(Int64(version)), "library": .string(library),
      "model": .string(model), "model_name": .string(modelName), "dimension": .int(Int64(dimension)),
      "dtype": .string(dtype.rawValue), "window": ArchiveManifest.json(window),
      "step": ArchiveManifest.json(step), "frames": .int(Int64(frames)),
      "options": [
        "head": .string(options.head), "joint": .bool(options.joint),
        "temporal_shift": .string(options.temporalShift),
        "temporal_view": options.temporalView.map { .int(Int64($0)) } ?? .null,
        "activation": .string(options.activation), "compute": .string(options.compute),
        "resize": .string(options.resize), "decode": .string(options.decode),
      ],
      "rows_per_shard": .int(Int64(rowsPerShard)), "shard": shard.map { .string($0) } ?? .null,
    ]
  }
}
