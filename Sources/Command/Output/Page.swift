/// A page for a browser without other files, in light and dark. It is well-formed XML too, for tools.
struct Page {
  let title: String
  /// Elements of the head and the end of the body that a page has beyond the common ones.
  private let head: String
  private let end: String
  private var body = ""

  /// - Parameters:
  ///   - style: CSS after the common one.
  ///   - script: JavaScript that runs when the body is there.
  init(title: String, style: String = "", script: String = "") {
    self.title = title
    head =
      (script.isEmpty ? "" : "\n<meta http-equiv=\"Content-Security-Policy\" content=\"\(Page.policy)\"/>")
      + (style.isEmpty ? "" : "\n<style>/*<![CDATA[*/\n\(style)/*]]>*/</style>")
    end = script.isEmpty ? "" : "<script>//<![CDATA[\n\(script)//]]></script>\n"
  }

  /// A page with a script may load videos that lie with it, and nothing else.
  private static let policy =
    "default-src 'none'; img-src data:; media-src 'self' file:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"

  /// Adds elements. Texts in them are escaped already.
  mutating func add(_ html: String) { body += html + "\n" }

  mutating func heading(_ text: String) { add("<h2>\(Page.escaped(text))</h2>") }

  mutating func list(_ items: [String]) {
    add("<ul>")
    for item in items { add("<li>\(Page.escaped(item))</li>") }
    add("</ul>")
  }

  /// Adds names with their values, in large letters if they are what the page is about.
  mutating func table(_ rows: [(name: String, value: String)], isLarge: Bool = false) {
    add("<table class=\"names\(isLarge ? " big" : "")\">")
    for row in rows {
      add("<tr><th>\(Page.escaped(row.name))</th><td>\(Page.escaped(row.value))</td></tr>")
    }
    add("</table>")
  }

  var text: String {
    """
    <!DOCTYPE html>
    <html lang="en" xmlns="http://www.w3.org/1999/xhtml"><head><meta charset="utf-8"/>
    <meta name="viewport" content="width=device-width"/>
    <title>\(Page.escaped(title))</title>
    <style>
    :root { color-scheme: light dark; --good: #2a7ab0; --bad: #c8501e; --plain: #8888; }
    body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 60em; padding: 0 1em;
      overflow-wrap: break-word; }
    table { border-collapse: collapse; margin: 1em 0; }
    td, th { padding: .15em .8em .15em 0; text-align: left; vertical-align: top; }
    .n { text-align: right; font-variant-numeric: tabular-nums; } td.n { white-space: nowrap; }
    @media (max-width: 30em) { td, th { padding-right: .4em; } }
    th { border-bottom: 1px solid; } .names th { border: none; }
    .names td { overflow-wrap: anywhere; }
    .confusion { width: 100%; max-height: 90vh; } .confusion text { font-size: .5px; fill: CanvasText; }
    .r { fill: var(--good); } .w { fill: var(--bad); } .p { fill: var(--plain); } .big { font-size: 1.3em; }
    .f { fill: none; stroke: CanvasText; stroke-width: .05px; }
    .i { fill: CanvasText; } .wide { width: 50%; } @media (max-width: 40em) { .wide { width: 25%; } }
    .bar { display: block; width: 100%; height: 1em; }
    .clips { display: flex; flex-wrap: wrap; gap: 1em; } figure { margin: 0; width: 15em; }
    figure img { width: 100%; display: block; } figcaption { font-size: .9em; }
    pre { white-space: pre-wrap; border-left: 3px solid var(--good); padding-left: .8em; }
    </style>\(head)</head><body>
    <h1>\(Page.escaped(title))</h1>
    \(body)\(end)</body></html>

    """
  }

  /// A text in place of characters that HTML and XML give a meaning.
  static func escaped(_ text: String) -> String {
    var result = ""
    for character in printable(text).unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      // Noncharacters, which XML does not allow.
      case "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}

/// A confusion matrix as a picture: a row for each class shown, a column for each class predicted.
struct ConfusionPicture {
  /// The names of the classes, in the order of rows and columns.
  let labels: [String]
  /// Entries that are not 0, with classes as places in `labels`.
  let cells: [SingleLabelMetrics.Cell]

  static let explanation = """
    A row for each class shown, a column for each class predicted, in the order of the labels; \
    the darker, the larger the share of the row. Point at a square to read it.
    """
  /// The largest number of classes whose names stand beside the rows.
  private static let mostNames = 30

  var svg: String {
    let side = labels.count
    let names = labels.map(Page.escaped)
    var shown = [Int](repeating: 0, count: side)
    for cell in cells { shown[cell.shown] += cell.count }
    // A name's character takes about 0.3 of a square.
    let longest = side <= ConfusionPicture.mostNames ? labels.map(Columns.of).max() ?? 0 : 0
    let margin = min(12, 0.3 * Double(longest) + (longest > 0 ? 0.5 : 0))
    let box = formatted("%g 0 %g %d", 0 - margin, margin + Double(side), side)
    var text = "<svg class=\"confusion\" viewBox=\"\(box)\" xmlns=\"http://www.w3.org/2000/svg\" "
    text += formatted("style=\"max-width: %.0fem\">\n", 2.2 * (margin + Double(side)))
    text += "<path class=\"f\" d=\"M0 0h\(side)v\(side)h-\(side)z\"></path>\n"
    for (place, name) in names.enumerated() where longest > 0 {
      text += "<text x=\"-.2\" y=\"\(place).65\" text-anchor=\"end\">\(name)</text>\n"
    }
    for cell in cells {
      let of = shown[cell.shown]
      let share = Double(cell.count) / Double(of)
      text +=
        "<rect class=\"\(cell.shown == cell.predicted ? "r" : "w")\" x=\"\(cell.predicted)\" y=\"\(cell.shown)\""
      text += " width=\"1\" height=\"1\" fill-opacity=\"\(formatted("%.2f", 0.15 + 0.85 * share))\"><title>"
      text += "\(names[cell.shown]): \(cell.count) of \(of) as \(names[cell.predicted])</title></rect>\n"
    }
    return text + "</svg>"
  }
}
