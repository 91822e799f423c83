/// The named character references of HTML5, from the table that `scripts/make_html_entities.py` writes.
enum HTMLEntities {
  /// The one or two scalars that a name stands for.
  struct Value {
    var first: UInt32
    var second: UInt32?
  }

  /// The length of the longest name, its semicolon included.
  static let maximumName = 32
  /// The length of the longest name that is valid without a semicolon.
  static let maximumBareName = 6

  /// The value of the reference "&name;"; nil if there is no such name.
  static func value(of name: Slice<UnsafeBufferPointer<UInt32>>) -> Value? { find(name)?.value }

  /// The value of the reference "&name" without a semicolon; nil if the name is unknown or needs the semicolon.
  static func bareValue(of name: Slice<UnsafeBufferPointer<UInt32>>) -> Value? {
    guard name.count <= maximumBareName, let record = find(name), record.mayBeBare else { return nil }
    return record.value
  }

  private struct Record {
    /// The offset of the name's bytes in the table.
    var start: UInt32
    var count: UInt8
    /// Whether the name is valid without a semicolon.
    var mayBeBare: Bool
    var value: Value
  }

  /// Finds a name by binary search.
  private static func find(_ name: Slice<UnsafeBufferPointer<UInt32>>) -> Record? {
    let name = UnsafeBufferPointer(rebasing: name)
    let records = records
    var low = 0
    var high = records.count
    while low < high {
      let middle = (low + high) / 2
      let order = compare(name, with: records[middle])
      if order == 0 { return records[middle] }
      if order > 0 { low = middle + 1 } else { high = middle }
    }
    return nil
  }

  /// Compares `name` with a record's name: negative if it sorts before, zero if equal, positive if it sorts after.
  private static func compare(_ name: UnsafeBufferPointer<UInt32>, with record: Record) -> Int {
    let spelling = UnsafeBufferPointer(start: table.utf8Start + Int(record.start), count: Int(record.count))
    for (scalar, byte) in zip(name, spelling) where scalar != UInt32(byte) {
      return scalar < UInt32(byte) ? -1 : 1
    }
    return name.count - spelling.count
  }

  /// The records of the table, sorted by name and parsed on first use. The table's entries are "name;hex" or
  /// "name;hex,hex", separated by white space; "?" in place of ";" marks a name that is valid without its semicolon.
  private static let records: [Record] = {
    let bytes = UnsafeBufferPointer(start: table.utf8Start, count: table.utf8CodeUnitCount)
    var records: [Record] = []
    records.reserveCapacity(2200)
    var start = 0
    for end in 0...bytes.count {
      let isBreak = end == bytes.count || bytes[end] == 0x20 || bytes[end] == 0x0A
      guard isBreak else { continue }
      if let record = parse(bytes, start..<end) { records.append(record) }
      start = end + 1
    }
    return records
  }()

  private static func parse(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Record? {
    guard
      let mark = range.first(where: { bytes[$0] == UInt8(ascii: ";") || bytes[$0] == UInt8(ascii: "?") })
    else { return nil }
    let codes = bytes[mark + 1..<range.upperBound].split(separator: UInt8(ascii: ","))
      .map { UInt32(String(decoding: $0, as: UTF8.self), radix: 16) ?? 0xFFFD }
    guard let first = codes.first else { return nil }
    return Record(
      start: UInt32(clamping: range.lowerBound), count: UInt8(clamping: mark - range.lowerBound),
      mayBeBare: bytes[mark] == UInt8(ascii: "?"),
      value: Value(first: first, second: codes.count > 1 ? codes[1] : nil))
  }
}
