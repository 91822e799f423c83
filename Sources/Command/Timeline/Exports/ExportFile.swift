import ArgumentParser

/// A file of segments with its format, as `film.csv` or `csv=film.txt`.
struct ExportFile {
  let format: ExportFormat
  let path: FilePath

  init(argument: String) throws {
    if let equals = argument.firstIndex(of: "="),
      let format = ExportFormat(rawValue: argument[..<equals].lowercased())
    {
      self.format = format
      path = FilePath(argument: String(argument[argument.index(after: equals)...]))
    } else {
      if let word = argument.firstMatch(of: /^([A-Za-z]+)=/)?.1 {
        throw ValidationError(
          "'\(word)' is no format; there are \(ExportFormat.allNames { _ in true }), and ./ before the name says that it is "
            + "a file's")
      }
      path = FilePath(argument: argument)
      guard let format = ExportFormat(nameOf: path) else { throw ExportFile.unknown(path) }
      self.format = format
    }
    if path.bytes.isEmpty { throw ValidationError("there is no path.") }
  }

  private static func unknown(_ path: FilePath) -> ValidationError {
    switch path.suffix {
    case "json":
      ValidationError(
        "two formats are JSON: say activitynet=\(path.shown) or labelstudio=\(path.shown)")
    case "html", "htm": ValidationError("a page is written by --html \(path.shown)")
    default:
      ValidationError(
        "its name tells no format: end it in .csv, or say csv=\(path.shown); "
          + "there are \(ExportFormat.allNames { _ in true })")
    }
  }
}

/// The formats in which `timeline` writes segments.
enum ExportFormat: String, CaseIterable {
  case csv, vtt, srt, otio, activitynet, labelstudio

  /// The format that a file's name tells; nil if it tells none.
  init?(nameOf path: FilePath) {
    let suffix = path.suffix
    if suffix == "json" {
      let name = path.name.lowercased()
      guard let format = ExportFormat.json.first(where: { name.hasSuffix(".\($0.rawValue).json") }) else {
        return nil
      }
      self = format
    } else {
      guard let format = ExportFormat(rawValue: suffix), !ExportFormat.json.contains(format) else {
        return nil
      }
      self = format
    }
  }

  private static let json = [ExportFormat.activitynet, .labelstudio]

  /// Whether one file holds several videos.
  var takesSeveral: Bool {
    switch self {
    case .csv, .activitynet, .labelstudio: true
    case .vtt, .srt, .otio: false
    }
  }

  /// The names of some formats as a list in a sentence.
  static func allNames(where isWanted: (ExportFormat) -> Bool) -> String {
    let names = allCases.filter(isWanted).map(\.rawValue)
    return names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
  }

  /// The file's text. Moments that show no label are left out.
  /// - Parameter folder: the folder that the file is written to.
  func text(of videos: [VideoTimeline], labels: [String], in folder: FilePath) -> String {
    switch self {
    case .csv: CSVExport.text(of: videos, labels: labels, in: folder)
    case .vtt: SubtitleExport.webVTT.text(of: videos, labels: labels)
    case .srt: SubtitleExport.subRip.text(of: videos, labels: labels)
    case .otio:
      videos.first.map { OTIOExport(video: $0, labels: labels, folder: folder).value.text + "\n" } ?? ""
    case .activitynet: ActivityNetExport.value(of: videos, labels: labels).text + "\n"
    case .labelstudio: LabelStudioExport.value(of: videos, labels: labels).text + "\n"
    }
  }
}
