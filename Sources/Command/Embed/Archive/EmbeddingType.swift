import ArgumentParser

/// The type in which an archive stores the numbers of embeddings.
enum EmbeddingType: String, CaseIterable, ExpressibleByArgument, Decodable {
  case float16, float32

  /// Bytes of a number.
  var bytes: Int { self == .float16 ? 2 : 4 }

  /// The type as NumPy writes it in the header of a file: little-endian.
  var descriptor: String { self == .float16 ? "<f2" : "<f4" }

  /// Appends a row, scaled to unit length: the sum of squares is taken in doubles from the first number on, each
  /// quotient is rounded to fp32, and for `float16` from there to the nearest fp16. A row of zeros stays one.
  func append(_ row: ArraySlice<Float>, to bytes: inout [UInt8]) {
    var squares = 0.0
    for value in row { squares += Double(value) * Double(value) }
    let length = squares > 0 ? squares.squareRoot() : 1
    for value in row {
      let scaled = Float(Double(value) / length)
      switch self {
      case .float16: EmbeddingType.append(Float16(scaled).bitPattern, to: &bytes)
      case .float32: EmbeddingType.append(scaled.bitPattern, to: &bytes)
      }
    }
  }

  private static func append(_ bits: some FixedWidthInteger, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: bits.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// The bytes of the header of a NumPy file, a number that `numpy.load` takes and that does not depend on the rows.
  static let headerBytes = 128

  /// The header of a NumPy file of `rows` rows of this type, [rows, dimension] in C order (NumPy's format 1.0).
  func header(rows: Int, dimension: Int) -> [UInt8] {
    let text = "{'descr': '\(descriptor)', 'fortran_order': False, 'shape': (\(rows), \(dimension)), }"
    let room = EmbeddingType.headerBytes - 10
    let padding = String(repeating: " ", count: max(0, room - 1 - text.utf8.count))
    let start: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(room), 0]
    return start + Array((text + padding + "\n").utf8)
  }
}
