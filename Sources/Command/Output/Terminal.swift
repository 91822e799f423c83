import Glibc

/// The abilities of standard output or standard error. Files and pipes get the same text without colours.
struct Terminal {
  let columns: Int
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
    columns = Terminal.width(descriptor)
    colours = isTerminal && !noColour && !dumb
    blocks = codeset == "UTF-8"
    redraws = isTerminal && !dumb
  }

  private static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  private static func width(_ descriptor: Int32) -> Int {
    var size = winsize()
    if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
    if let columns = variable("COLUMNS").flatMap(Int.init), (1...10_000).contains(columns) { return columns }
    return 80
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
