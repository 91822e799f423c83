import CActionCLIP
import FoundationEssentials

/// One HTML page that shows the actions of some videos over time: each video by its relative path, a row for each
/// label with its curve, and a slider for the least probability. The page works without a network; `page.js` draws
/// the curves and finds the segments of the method mean again as `actionclip_find_segments` does. Of other methods it
/// shows those that are probable enough. Without scripts it has a table of the segments.
struct TimelinePage {
  let videos: [VideoTimeline]
  let labels: [String]
  let settings: SegmentSettings
  let setting: [(name: String, value: String)]
  /// The folder of the page, from which videos are found.
  let folder: FilePath

  /// The probability that a label must reach somewhere to get a row, unless it is the most probable one there.
  private static let leastPeak = 0.01

  var text: String {
    let title =
      videos.count == 1 ? "What happens in \(videos[0].path.name)" : "What happens in \(videos.count) videos"
    var page = Page(
      title: title, style: String(decoding: PackageResources.page_css, as: UTF8.self),
      script: String(decoding: PackageResources.page_js, as: UTF8.self))
    for (place, video) in videos.enumerated() { section(of: video, place, into: &page) }
    page.add("<details class=\"about\"><summary>How this was made</summary>")
    page.table(setting + [("labels", "\(labels.count)")])
    page.add("<p>\(rule)</p></details>")
    return page.text
  }

  private var isMean: Bool { settings.method == Int32(ACTIONCLIP_SEGMENTS_MEAN) }

  /// A sentence for the page that says what the slider does.
  private var rule: String {
    isMean
      ? "A moment goes to the label with the largest mean probability over the windows that cover it, if that is no less "
        + "than the slider's value."
      : "The slider hides segments whose mean probability is less."
  }

  private func section(of video: VideoTimeline, _ place: Int, into page: inout Page) {
    let name = Page.escaped(video.path.name)
    page.add("<section class=\"timeline\" aria-label=\"\(name)\">")
    if videos.count > 1 { page.heading(video.path.name) }
    page.add("<div class=\"stage\"><div class=\"player\">")
    let link = Page.escaped(video.path.relative(to: folder).link)
    page.add(
      "<video src=\"\(link)\" controls=\"\" preload=\"metadata\" muted=\"\" playsinline=\"\"></video></div>")
    page.add("<div class=\"found\"><table class=\"segments\"><tbody>")
    for segment in video.segments {
      let label = segment.label.map { Page.escaped(labels[$0]) } ?? "(\(noneOfThese))"
      page.add(
        "<tr><td class=\"n\">\(formatted("%.2f s", segment.start))</td>"
          + "<td class=\"n\">\(formatted("%.2f s", segment.end))</td><td>\(label)</td>"
          + "<td class=\"n\">\(formatted("%.0f %%", segment.probability * 100))</td></tr>")
    }
    page.add("</tbody></table></div></div>")
    page.add("<script type=\"application/json\">\(TimelinePage.inScript(data(of: video)))</script>")
    page.add("</section>")
  }

  /// The data that the page's script draws.
  private func data(of video: VideoTimeline) -> JSONValue {
    let curves = video.curves ?? .init(edges: [0, 0], means: [])
    let held = Set(video.labelled.map(\.label))
    let rows = labels.indices.filter { label in
      held.contains(label)
        || curves.means.contains { means in
          means[label] >= TimelinePage.leastPeak || means.allSatisfy { $0 <= means[label] }
        }
    }
    let heights = rows.flatMap { label in curves.means.map { $0[label] } }
    return [
      "name": .string(printable(video.path.name)), "duration": .double(video.duration),
      "none": .string(noneOfThese), "hidden": .int(Int64(labels.count - rows.count)),
      "labels": .array(rows.map { .string(printable(labels[$0])) }),
      "thresholds": .array(rows.map { .double(settings.thresholds.isEmpty ? 0 : settings.thresholds[$0]) }),
      "noneLabel": .int(Int64(rows.firstIndex(of: Int(settings.noneLabel)) ?? -1)),
      "segments": isMean
        ? .null
        : .array(
          video.segments.map { segment in
            [
              .int(Int64(segment.label.flatMap { rows.firstIndex(of: $0) } ?? -1)), .double(segment.start),
              .double(segment.end), .double(segment.probability),
            ]
          }),
      // Little-endian numbers: milliseconds, and 65535ths.
      "edges": .string(
        TimelinePage.base64(curves.edges.map { UInt32(min(max(0, $0 * 1000), 4e9).rounded()) })),
      "curves": .string(
        TimelinePage.base64(heights.map { UInt16((min(max(0, $0), 1) * 65535).rounded()) })),
      "pictures": .array(
        (video.thumbnails?.pictures ?? []).map {
          ["t": .double($0.seconds), "src": .string($0.picture.address)]
        }),
    ]
  }

  private static func base64<Number: FixedWidthInteger>(_ numbers: [Number]) -> String {
    Data(
      numbers.flatMap { number in
        (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
      }
    )
    .base64EncodedString()
  }

  /// JSON without the characters that could end the element it stands in.
  private static func inScript(_ value: JSONValue) -> String {
    value.text.replacing("<", with: "\\u003c").replacing(">", with: "\\u003e")
      .replacing("&", with: "\\u0026")
  }
}
