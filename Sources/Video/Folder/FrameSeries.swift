import System

/// The numbers of the pictures in a folder that have names of one form, while the folder is read.
struct FrameSeries: ~Copyable {
  let names: FrameNames
  private var numbers = GrowingArray<Int>()
  /// The number of digits of the names that begin with a zero; nil if none does.
  private var padded: Int?
  /// The fewest digits of the other names.
  private var fewest = Int.max
  private var isUniform = true

  init(_ names: FrameNames) { self.names = names }

  var count: Int { numbers.count }

  /// Adds the picture whose number has these digits.
  mutating func add(_ digits: ArraySlice<UInt8>) throws(Failure) {
    // Longer ones are no numbers of frames, such as dates with times.
    guard digits.count <= 15, let number = Int(String(decoding: digits, as: UTF8.self)) else { return }
    if digits.count > 1, digits.first == UInt8(ascii: "0") {
      isUniform = isUniform && (padded ?? digits.count) == digits.count
      padded = digits.count
    } else {
      fewest = min(fewest, digits.count)
    }
    try numbers.append(number)
  }

  /// The pictures in the order of their numbers.
  /// - Throws: `.fileOpen` if names are written in two ways, or if there are numbers with no picture.
  consuming func frames(in folder: FilePath, _ source: String) throws(Failure) -> FrameFolder.Frames {
    let width = padded ?? 1
    guard isUniform, fewest >= width else {
      throw Failure(
        .fileOpen, "\(source) has names with and without zeros before the number: rename them all in one way")
    }
    numbers.buffer.heapSort { $0 < $1 }
    let (first, last) = (numbers[0], numbers[numbers.count - 1])
    var step = 0
    for place in 1..<max(1, numbers.count) {
      step = FrameSeries.commonDivisor(step, numbers[place] - numbers[place - 1])
    }
    step = max(1, step)
    let frames = FrameFolder.Frames(
      folder: folder, names: names, width: width, first: first, step: step, count: numbers.count)
    let missing = (last - first) / step + 1 - numbers.count
    guard missing > 0 else { return frames }
    var place = 0
    while numbers[place] == first + place * step { place += 1 }
    let name = String(decoding: names.name(first + place * step, width: width), as: UTF8.self)
    throw Failure(
      .fileOpen,
      missing == 1
        ? "\(source) lacks the frame \(name)" : "\(source) lacks \(missing) frames, the first is \(name)")
  }

  private static func commonDivisor(_ a: Int, _ b: Int) -> Int {
    var (a, b) = (a, b)
    while b != 0 { (a, b) = (b, a % b) }
    return a
  }
}
