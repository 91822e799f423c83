/// The frames of a folder that a list names: `count` from the one at place `first` on.
struct ListedFrames: Hashable {
  let first: Int
  /// 0: all from `first` on.
  let count: Int

  /// The members "offset" and "frames" of a JSON object, as far as the list states them.
  var members: [JSONValue.Member] {
    (first > 0 ? [.init(key: "offset", value: .int(Int64(first)))] : [])
      + (count > 0 ? [.init(key: "frames", value: .int(Int64(count)))] : [])
  }

  /// The most frames, as in the library.
  private static let most = 1 << 40

  /// The frames that a list states by their number and the place of the first; nil if it states none.
  static func stated(_ count: Int?, from first: Int?) throws(CommandError) -> ListedFrames? {
    if count == nil, first == nil { return nil }
    for (name, value) in [("the number of frames", count), ("the offset", first)] {
      if let value, !(0...most).contains(value) { throw CommandError("\(name) is \(value)") }
    }
    if let count, count == 0 { throw CommandError("the number of frames is 0") }
    return ListedFrames(first: first ?? 0, count: count ?? 0)
  }
}
