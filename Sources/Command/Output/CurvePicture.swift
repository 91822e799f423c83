/// Curves over the steps of a run, as a picture with its scale beside it: the words keep their size however wide the
/// page is.
struct CurvePicture {
  struct Curve {
    let name: String
    /// Places from 0 to 1, ascending, and values.
    let points: [(x: Double, y: Double)]
  }

  let curves: [Curve]
  /// The range of values that is drawn.
  let range: ClosedRange<Double>
  /// Values with a line across and their words.
  let marks: [(y: Double, text: String)]
  /// Words at the left and at the right end below.
  let ends: (left: String, right: String)

  /// The most points of a curve; more are joined to their means.
  private static let mostPoints = 400

  /// CSS for pages that have such pictures.
  static let style = """
    .chart { position: relative; height: 11em; margin: 1em 0 .2em 4em; }
    .chart svg { width: 100%; height: 100%; overflow: visible; }
    .chart path { fill: none; stroke-width: 2px; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
    .chart .mark { stroke: var(--plain); stroke-width: 1px; }
    .chart .c0 { stroke: var(--good); } .chart .c1 { stroke: var(--bad); stroke-dasharray: 6 3; }
    .chart span { position: absolute; left: -4em; width: 3.6em; text-align: right; transform: translateY(-50%);
      font-size: .9em; }
    .ends { display: flex; justify-content: space-between; margin-left: 4em; }
    .ends div { font-size: .9em; }
    .legend { margin-left: 4em; } .legend svg { width: 2em; height: .7em; overflow: visible; }
    .legend path { stroke-width: 3px; fill: none; } .legend .c0 { stroke: var(--good); }
    .legend .c1 { stroke: var(--bad); stroke-dasharray: 6 3; }

    """

  var html: String {
    var text = "<div class=\"chart\">"
    text +=
      "<svg viewBox=\"0 0 100 100\" preserveAspectRatio=\"none\" xmlns=\"http://www.w3.org/2000/svg\">\n"
    for mark in marks {
      text += "<path class=\"mark\" d=\"M0 \(number(height(mark.y)))H100\"></path>\n"
    }
    for (place, curve) in curves.enumerated() {
      text += "<path class=\"c\(place)\" d=\"\(path(CurvePicture.thinned(curve.points)))\">"
      text += "<title>\(Page.escaped(curve.name))</title></path>\n"
    }
    text += "</svg>\n"
    for mark in marks {
      text += "<span style=\"top: \(number(height(mark.y)))%\">\(Page.escaped(mark.text))</span>"
    }
    text += "</div>\n<div class=\"ends\"><div>\(Page.escaped(ends.left))</div>"
    text += "<div>\(Page.escaped(ends.right))</div></div>\n"
    return text + (curves.count > 1 ? legend : "")
  }

  private var legend: String {
    let entries = curves.enumerated().map { place, curve in
      "<svg viewBox=\"0 0 20 7\" xmlns=\"http://www.w3.org/2000/svg\"><path class=\"c\(place)\" d=\"M0 4H20\"></path></svg> "
        + Page.escaped(curve.name)
    }
    return "<p class=\"legend\">\(entries.joined(separator: " &#160; "))</p>\n"
  }

  private func height(_ y: Double) -> Double {
    let span = max(range.upperBound - range.lowerBound, 1e-30)
    return (1 - min(max((y - range.lowerBound) / span, 0), 1)) * 100
  }

  private func number(_ value: Double) -> String { formatted("%.2f", value) }

  private func path(_ points: [(x: Double, y: Double)]) -> String {
    points.enumerated().map { place, point in
      "\(place == 0 ? "M" : "L")\(number(point.x * 100)) \(number(height(point.y)))"
    }.joined()
  }

  private static func thinned(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
    let size = (points.count + mostPoints - 1) / mostPoints
    guard size > 1 else { return points }
    return stride(from: 0, to: points.count, by: size).map { start in
      let group = points[start..<min(start + size, points.count)]
      let count = Double(group.count)
      return (group.reduce(0) { $0 + $1.x } / count, group.reduce(0) { $0 + $1.y } / count)
    }
  }
}
