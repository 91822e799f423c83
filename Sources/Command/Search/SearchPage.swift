import CActionCLIP

/// One HTML page of the moments that were found: a picture of each, which opens its video at the moment. It works without
/// a network, and without scripts. Videos lie beside it, by relative paths.
struct SearchPage {
  let report: SearchReport
  /// The folder of the page, from which videos are found.
  let folder: FilePath
  let setting: [(name: String, value: String)]
  let opening: VideoOpening

  /// The largest number of pictures; later moments have none.
  private static let mostPictures = 500

  var text: String {
    var page = Page(
      title: report.query, style: String(decoding: PackageResources.search_css, as: UTF8.self),
      script: String(decoding: PackageResources.search_js, as: UTF8.self))
    page.add("<div class=\"found\"><div class=\"player\" hidden=\"\">")
    page.add(
      "<video controls=\"\" preload=\"metadata\" playsinline=\"\"></video><p aria-live=\"polite\"></p></div>")
    if report.moments.isEmpty { page.add("<p>Nothing was found.</p>") }
    page.add("<ol class=\"moments\">")
    var frames = MomentFrames(opening: opening)
    let repeated = repeatedNames
    for (place, found) in report.moments.enumerated() {
      let picture = place < SearchPage.mostPictures ? frames.picture(of: found) : nil
      page.add(item(found, picture, showsFolder: repeated.contains(found.video.name)))
    }
    page.add("</ol></div><details class=\"about\"><summary>How this was made</summary>")
    page.table(setting + [("query", report.query), ("moments", "\(report.moments.count)")])
    page.add(
      "<p>The score is the cosine of a moment's best window and the query. Every window of the archive was compared.</p>"
        + "</details>")
    return page.text
  }

  /// The names of files that more than one video has, in different folders.
  private var repeatedNames: Set<String> {
    let paths = Set(report.moments.map { $0.moment.path.bytes }).map(FilePath.init(bytes:))
    return Set(Dictionary(grouping: paths, by: \.name).filter { $0.value.count > 1 }.keys)
  }

  private func item(_ found: FoundMoment, _ picture: Bitmap?, showsFolder: Bool) -> String {
    let (moment, times) = (found.moment, SearchReport.times(found.moment))
    let score = formatted("%.4f", moment.score)
    let image =
      picture.map { "<img src=\"\($0.address)\" alt=\"\"/>" } ?? "<span class=\"none\">no picture</span>"
    let path = Page.escaped(moment.path.shown)
    let name = showsFolder ? path : Page.escaped(found.video.name)
    let words = "<span>\(name)</span><span>\(times)</span><span class=\"score\">\(score)</span>"
    guard found.isHere else {
      return "<li><a title=\"\(path): there is no such file\">\(image)\(words)</a></li>"
    }
    let link = Page.escaped(found.video.relative(to: folder).link)
    return "<li><a href=\"\(link)#t=\(moment.start),\(moment.end)\" data-start=\"\(moment.start)\""
      + " data-end=\"\(moment.end)\" data-about=\"\(path), \(times), \(score)\" title=\"\(path)\">\(image)\(words)</a></li>"
  }
}

/// Pictures of moments, from the middle of their best windows. The video that was opened last stays open, since moments
/// of one video often follow each other.
private struct MomentFrames {
  let opening: VideoOpening
  private var last: (path: [UInt8], video: Video)?

  init(opening: VideoOpening) { self.opening = opening }

  /// The picture of a moment; nil if its video cannot be read.
  mutating func picture(of found: FoundMoment) -> Bitmap? {
    guard found.isHere, let picture = try? read(found) else { return nil }
    return picture
  }

  private mutating func read(_ found: FoundMoment) throws(LibraryError) -> Bitmap {
    let video: Video
    if let last, last.path == found.video.bytes {
      video = last.video
    } else {
      video = try Video(found.video, opening)
      last = (found.video.bytes, video)
    }
    let outline = try video.outline()
    let middle = (found.moment.peakStart + found.moment.peakEnd) / 2
    let frame =
      found.moment.peakEnd > 0
      ? try video.frames(in: TimeSpan(start: middle, end: middle + 0.001)).lowerBound : 0
    let (width, height) = (Int(outline.width), Int(outline.height))
    var rgb = [UInt8](repeating: 0, count: width * height * 3)
    let capacity = rgb.count
    _ = try rgb.withUnsafeMutableBufferPointer { (buffer) throws(LibraryError) in
      guard let start = buffer.baseAddress else {
        throw LibraryError(status: 0, message: "the video has no pixels")
      }
      return try video.read(frame: min(frame, outline.frame_count - 1), into: start, capacity: capacity)
    }
    return Bitmap(frame: rgb, width: width, height: height)
  }
}
