/// A page for a browser without scripts or other files, in light and dark. It is well-formed XML too, for tools.
struct Page {
  let title: String
  private var body = ""

  init(title: String) { self.title = title }

  /// Adds elements. Texts in them are escaped already.
  mutating func add(_ html: String) { body += html + "\n" }

  mutating func heading(_ text: String) { add("<h2>\(Page.escaped(text))</h2>") }

  /// Adds names with their values, in large letters if they are what the page is about.
  mutating func table(_ rows: [(name: String, value: String)], isLarge: Bool = false) {
    add(isLarge ? "<table class=\"big\">" : "<table>")
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
      overflow-wrap: anywhere; }
    table { border-collapse: collapse; } td, th { padding: .15em .8em .15em 0; text-align: left; }
    .n { text-align: right; font-variant-numeric: tabular-nums; } th { border-bottom: 1px solid; }
    .confusion { width: 100%; border: 1px solid; box-sizing: border-box; }
    .r { fill: var(--good); } .w { fill: var(--bad); } .p { fill: var(--plain); } .big { font-size: 1.3em; }
    .clips { display: flex; flex-wrap: wrap; gap: 1em; } figure { margin: 0; width: 15em; }
    figure img { width: 100%; display: block; } figcaption { font-size: .9em; }
    pre { white-space: pre-wrap; border-left: 3px solid var(--good); padding-left: .8em; }
    </style></head><body>
    <h1>\(Page.escaped(title))</h1>
    \(body)</body></html>

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

  var svg: String {
    let side = labels.count
    let names = labels.map(Page.escaped)
    var shown = [Int](repeating: 0, count: side)
    for cell in cells { shown[cell.shown] += cell.count }
    var text = "<svg class=\"confusion\" viewBox=\"0 0 \(side) \(side)\" "
    text += "xmlns=\"http://www.w3.org/2000/svg\" shape-rendering=\"crispEdges\">\n"
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
