import System
import Text

/// The type of an archive's stored numbers. Raw values are those of the C API.
public enum RowType: Int32, Sendable {
  case float32 = 1
  case float16 = 2

  /// Bytes of a number.
  var size: Int { self == .float32 ? 4 : 2 }

  /// The type that the manifest calls `name`.
  init?(name: String) {
    switch name {
    case "float32": self = .float32
    case "float16": self = .float16
    default: return nil
    }
  }

  /// The type's name in numpy's files: little-endian floats.
  var numpyName: StaticString { self == .float32 ? "<f4" : "<f2" }
}

/// The facts that an archive's manifest.json states of all its rows.
public struct ArchiveManifest: Sendable {
  /// The manifest's JSON as it is in the file, the only text.
  public let text = TextList()
  /// Numbers of an embedding.
  public private(set) var dimension = 0
  public private(set) var type = RowType.float32
  /// Seconds of a window, and from one window's start to the next one's; 0 where rows are whole videos.
  public private(set) var window = 0.0
  public private(set) var step = 0.0
  /// Frames that the model sees of a window; 0 where the manifest does not say.
  public private(set) var frames = 0

  private static let maximumSize = 1 << 20
  private static let maximumText = 1 << 12
  static let maximumDimension = 1 << 16

  /// Reads the manifest of the archive in a folder.
  init(folder: FilePath) throws(Failure) {
    let path = folder.file("manifest.json")
    let file: RegularFile
    do { file = try RegularFile(path) } catch {
      if case .system(let code) = error, code == 2 {  // ENOENT
        throw Failure(
          .fileOpen, "\(folder.shown) has no manifest.json, so it is no archive: actionclip embed makes one")
      }
      throw error.failure.about(path)
    }
    do throws(Failure) {
      guard file.size <= ArchiveManifest.maximumSize else {
        throw .limit("it has \(file.size) bytes, at most \(ArchiveManifest.maximumSize) are expected")
      }
      let text = try GrowingArray<UInt8>(uninitialized: file.size)
      try file.read(at: 0, into: UnsafeMutableRawBufferPointer(text.buffer))
      try read(UnsafeRawBufferPointer(text.view))
      try self.text.append(text.view)
    } catch { throw error.about(path) }
  }

  private mutating func read(_ text: UnsafeRawBufferPointer) throws(Failure) {
    var json = JSONReader(text, maximumDepth: 16, maximumKeys: 256, subject: "")
    var (isArchive, version, type) = (false, 0, RowType?.none)
    try json.beginObject()
    while let key = try json.nextKey(atMost: ArchiveManifest.maximumText) {
      switch key {
      case "format": isArchive = try json.string(atMost: ArchiveManifest.maximumText) == "actionclip-archive"
      case "version": version = try json.integer()
      case "dimension": dimension = try json.integer()
      case "dtype":
        let name = try json.string(atMost: ArchiveManifest.maximumText)
        type = RowType(name: name)
        guard type != nil else {
          throw .unsupported("dtype is \(quoted(name.utf8)), expected float16 or float32")
        }
      case "window": window = try ArchiveManifest.seconds(&json, key)
      case "step": step = try ArchiveManifest.seconds(&json, key)
      case "frames": frames = try json.kind() == .number ? json.integer() : ArchiveManifest.skipped(&json)
      default: try json.skip(atMost: ArchiveManifest.maximumText)
      }
    }
    try json.finish()
    guard isArchive else { throw Failure(.unknownFormat, "its format is not actionclip-archive") }
    guard version == 1 else { throw .unsupported("its version is \(version), this library reads version 1") }
    guard let type else { throw .invalid("it has no dtype") }
    guard (1...ArchiveManifest.maximumDimension).contains(dimension) else {
      throw .invalid("dimension is \(dimension), expected 1 to \(ArchiveManifest.maximumDimension)")
    }
    self.type = type
  }

  /// A time of 0 or more seconds; null is 0.
  private static func seconds(_ json: inout JSONReader, _ key: String) throws(Failure) -> Double {
    if try json.kind() == .null {
      try json.null()
      return 0
    }
    let value = try json.number()
    guard value >= 0 else { throw .invalid("\(key) is \(value), expected 0 or more seconds") }
    return value
  }

  private static func skipped(_ json: inout JSONReader) throws(Failure) -> Int {
    try json.skip(atMost: maximumText)
    return 0
  }
}
