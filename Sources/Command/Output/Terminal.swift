import Glibc

/// The abilities of standard output or standard error. Files and pipes get the same text without colours.
struct Terminal {
  let columns: Int
  let rows: Int
  let colours: Bool
  let blocks: Bool
  /// Whether a line can be drawn again in place.
  let redraws: Bool

  static func standardOutput() -> Terminal { Terminal(STDOUT_FILENO) }
  static func standardError() -> Terminal { Terminal(STDERR_FILENO) }

  private init(_ descriptor: Int32) {
    let isTerminal = isatty(descriptor) == 1
    let noColour = !(Terminal.variable("NO_COLOR") ?? "").isEmpty
    let dumb = Terminal.variable("TERM") == "dumb"
    let codeset = nl_langinfo(Int32(CODESET)).map { String(cString: $0) }
    (columns, rows) = Terminal.size(descriptor)
    colours = isTerminal && !noColour && !dumb
    blocks = codeset == "UTF-8"
    redraws = isTerminal && !dumb
  }

  private static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  private static func size(_ descriptor: Int32) -> (columns: Int, rows: Int) {
    var size = winsize()
    let isKnown = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0
    func side(_ told: UInt16, _ name: String, otherwise: Int) -> Int {
      if isKnown, told > 0 { return Int(told) }
      return variable(name).flatMap(Int.init).flatMap { (1...10_000).contains($0) ? $0 : nil } ?? otherwise
    }
    return (side(size.ws_col, "COLUMNS", otherwise: 80), side(size.ws_row, "LINES", otherwise: 24))
  }

  func bold(_ text: String) -> String { colours ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
  func accent(_ text: String) -> String { colours ? "\u{1B}[36m\(text)\u{1B}[0m" : text }

  /// A bar for `share` (0…1) of `width` columns, accurate to an eighth of a column, without colour.
  func bar(_ share: Double, width: Int) -> String {
    let clamped = share.isFinite ? min(max(share, 0), 1) : 0
    guard blocks else { return String(repeating: "#", count: Int((clamped * Double(width)).rounded())) }
    let eighths = Int((clamped * Double(width * 8)).rounded())
    let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    return String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
  }
}
