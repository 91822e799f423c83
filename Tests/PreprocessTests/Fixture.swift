import Foundation
import Preprocess

/// The tensors of a safetensors file, for tests: bytes and shapes by name.
struct Fixture {
  struct Tensor {
    let shape: [Int]
    let bytes: [UInt8]

    var floats: [Float] {
      bytes.withUnsafeBytes { raw in
        (0..<raw.count / 4).map {
          Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)))
        }
      }
    }
  }

  let tensors: [String: Tensor]

  init(_ url: URL) throws {
    struct Entry: Decodable {
      let shape: [Int]
      let data_offsets: [Int]
    }
    let file = [UInt8](try Data(contentsOf: url))
    let headerSize = (0..<8).reduce(0) { $0 | Int(file[$1]) << (8 * $1) }
    let header = Data(file[8..<8 + headerSize])
    tensors = try JSONDecoder().decode([String: Entry].self, from: header).mapValues { entry in
      let start = 8 + headerSize + entry.data_offsets[0]
      return Tensor(
        shape: entry.shape, bytes: Array(file[start..<8 + headerSize + entry.data_offsets[1]]))
    }
  }

  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  static let committed = root.appendingPathComponent("Tests/fixtures/preprocess")

  /// Reference data too large to commit; nil where it is not at hand.
  static let shared: URL? = {
    let path = ProcessInfo.processInfo.environment["ACTIONCLIP_SHARED"]
    let folder = (path.map { URL(fileURLWithPath: $0) } ?? root.appendingPathComponent("../shared"))
      .appendingPathComponent("preprocess")
    return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
  }()

  /// Every expected result named `N.shortS.cropC…` with its image and what the name says.
  struct Case {
    let name: String
    let image: Tensor
    let expected: Tensor
    let size: Int
    let options: PreprocessOptions
    let isNormalized: Bool
  }

  func cases() -> [Case] {
    tensors.sorted { $0.key < $1.key }.compactMap { name, expected in
      let parts = name.split(separator: ".")
      guard parts.count >= 3, let short = Int(parts[1].dropFirst(5)), let size = Int(parts[2].dropFirst(4)),
        let image = tensors["\(parts[0]).image"]
      else { return nil }
      let last = parts.count > 3 ? parts[3] : "center"
      let crop: CropPosition = last == "start" ? .start : last == "end" ? .end : .center
      return Case(
        name: name, image: image, expected: expected, size: size,
        options: PreprocessOptions(shortSide: short, crop: crop), isNormalized: last == "normalized")
    }
  }
}
