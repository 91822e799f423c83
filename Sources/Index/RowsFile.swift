import System
import Text

/// A file of an archive's embeddings, in numpy's format: a header that says type and shape, and rows [count, dimension].
struct RowsFile {
  let file: RegularFile
  let count: Int
  /// The offset of the first row.
  let start: Int

  /// The most rows of a file: their numbers must stay far from the largest Int.
  private static let maximumRows = 1 << 40
  private static let maximumHeader = 1 << 16

  /// Opens a file and holds its header against the manifest's dimension and type and the file's size.
  init(_ path: FilePath, _ manifest: ArchiveManifest) throws(Failure) {
    do { file = try RegularFile(path) } catch { throw error.failure }
    let length = try RowsFile.headerLength(file)
    let header = try GrowingArray<UInt8>(uninitialized: length.bytes)
    try file.read(at: length.offset, into: UnsafeMutableRawBufferPointer(header.buffer))
    start = length.offset + length.bytes
    let shape = try RowsFile.shape(header.view, manifest.type)
    guard shape.columns == manifest.dimension else {
      throw .invalid(
        "its rows have \(shape.columns) numbers, the manifest's dimension is \(manifest.dimension)")
    }
    count = shape.rows
    let (bytes, overflow) = shape.rows.multipliedReportingOverflow(by: shape.columns * manifest.type.size)
    guard !overflow, file.size - start == bytes else {
      throw .invalid(
        "its header asks for \(shape.rows) rows of \(shape.columns) numbers after \(start) bytes, and the file has "
          + "\(file.size) bytes: it is truncated or damaged")
    }
  }

  /// The place of the header's text, by the file's first bytes.
  private static func headerLength(_ file: RegularFile) throws(Failure) -> (offset: Int, bytes: Int) {
    let memory = try GrowingArray<UInt8>(repeating: 0, count: 12)
    let prefix = memory.view
    guard file.size >= 12 else { throw .invalid("it has \(file.size) bytes, too few for a numpy file") }
    try file.read(at: 0, into: UnsafeMutableRawBufferPointer(memory.buffer))
    guard prefix.starts(with: [0x93] + Array("NUMPY".utf8)) else {
      throw Failure(.unknownFormat, "it does not begin as a numpy file")
    }
    let isFirstVersion = prefix[6] == 1
    guard isFirstVersion || prefix[6] == 2 || prefix[6] == 3 else {
      throw .unsupported("its numpy format is version \(prefix[6]), expected 1 to 3")
    }
    let short = Int(prefix[8]) | Int(prefix[9]) << 8
    let bytes = isFirstVersion ? short : short | Int(prefix[10]) << 16 | Int(prefix[11]) << 24
    let offset = isFirstVersion ? 10 : 12
    guard bytes <= maximumHeader, bytes <= file.size - offset else {
      throw .invalid("its header of \(bytes) bytes does not end in the file")
    }
    return (offset, bytes)
  }

  /// The shape that a header states, a dictionary in Python's words:
  /// {'descr': '<f2', 'fortran_order': False, 'shape': (1000, 512), }
  private static func shape(
    _ header: UnsafeBufferPointer<UInt8>, _ type: RowType
  ) throws(Failure) -> (rows: Int, columns: Int) {
    var text = HeaderText(header)
    var (shape, hasType, isInOrder) = ((rows: Int, columns: Int)?.none, false, false)
    guard text.take("{") else { throw malformed }
    while !text.take("}") {
      if text.take("'descr'"), text.take(":") {
        guard text.take("'"), text.take(type.numpyName), text.take("'") else {
          throw .invalid("its numbers are not the manifest's dtype, '\(type.numpyName)' in numpy's words")
        }
        hasType = true
      } else if text.take("'fortran_order'"), text.take(":") {
        guard text.take("False") else { throw .unsupported("its rows are not side by side (fortran_order)") }
        isInOrder = true
      } else if text.take("'shape'"), text.take(":") {
        guard text.take("("), let rows = text.integer(atMost: maximumRows), text.take(","),
          let columns = text.integer(atMost: ArchiveManifest.maximumDimension)
        else { throw .invalid("its shape is not (rows, numbers)") }
        _ = text.take(",")
        guard text.take(")") else { throw .invalid("its shape is not (rows, numbers)") }
        shape = (rows, columns)
      } else {
        throw malformed
      }
      if !text.take(",") {
        guard text.take("}") else { throw malformed }
        break
      }
    }
    guard let shape, hasType, isInOrder, text.isAtEnd else { throw malformed }
    return shape
  }

  private static var malformed: Failure { .invalid("its header is not one that numpy writes for an array") }
}

/// The text of a numpy file's header, read from left to right; white space between words is passed over.
private struct HeaderText {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// Whether nothing but white space is left.
  var isAtEnd: Bool {
    mutating get {
      skipSpace()
      return position == bytes.count
    }
  }

  /// Passes over `word` if it comes next.
  mutating func take(_ word: StaticString) -> Bool {
    skipSpace()
    let count = word.utf8CodeUnitCount
    guard count <= bytes.count - position else { return false }
    for i in 0..<count where bytes[position + i] != word.utf8Start[i] { return false }
    position += count
    return true
  }

  /// Reads a number from 0 to `limit`; nil if there is none.
  mutating func integer(atMost limit: Int) -> Int? {
    skipSpace()
    var (value, digits) = (0, 0)
    while position < bytes.count, case let byte = bytes[position], (0x30...0x39).contains(byte) {
      value = value * 10 + Int(byte - 0x30)
      guard value <= limit else { return nil }
      (position, digits) = (position + 1, digits + 1)
    }
    return digits > 0 ? value : nil
  }

  private mutating func skipSpace() {
    while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x0A { position += 1 }
  }
}
