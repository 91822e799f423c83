import System
internal import Glibc
internal import Text

/// The frames of a folder that are its video: which pictures, and how many there are a second.
public struct FolderChoice: Equatable, Sendable {
  /// Frames per second; 0: not known, so that frames have no times.
  public var frameRate = 0.0
  /// The place of the first frame among the folder's pictures, from 0.
  public var first = 0
  /// The number of frames; 0: all from `first` on.
  public var count = 0

  public init() {}
}

/// A folder of extracted frames, as data sets are often kept: JPEG or PNG files whose names end in their numbers, as
/// img_00001.jpg. They are the frames of a video in the order of their numbers.
///
/// Where a folder has several series, such as flow_x_00001.jpg beside img_00001.jpg, the one called img_ is meant, as by
/// the reference. A template as the last part of the path, as in clip/image_%05d.jpg or clip/img_{:05}.jpg, says which.
struct FrameFolder {
  /// Pictures with numbers at equal distances.
  struct Frames {
    let folder: FilePath
    let names: FrameNames
    /// The fewest digits of a number.
    let width: Int
    let first: Int
    let step: Int
    let count: Int

    func path(_ index: Int) -> FilePath { folder.file(names.name(first + index * step, width: width)) }

    func name(_ index: Int) -> String {
      String(decoding: names.name(first + index * step, width: width), as: UTF8.self)
    }
  }

  /// The name of the video in messages.
  let name: String
  private let frames: Frames
  private let start: Int
  /// The number of frames.
  let count: Int
  /// Frames per second; 0 if they have no times.
  let frameRate: Double

  /// The series that a folder may have. One with more is no folder of one video's frames.
  private static let maxSeries = 64

  /// Lists the folder that `path` names, or the folder and the names that it gives as a template; nil if it is neither.
  /// - Throws: `.fileOpen` if there are no frames, if some are missing, or if it is not clear which are meant.
  init?(_ path: FilePath, _ choice: FolderChoice) throws(Failure) {
    let template = FrameNames(template: path.lastPart)
    if path.isDirectory {
      try self.init(path, names: nil, "video " + path.shown, choice)
    } else if let template, !path.exists {
      let folder = path.folder.bytes.isEmpty ? FilePath(bytes: Array(".".utf8)) : path.folder
      guard folder.isDirectory else { return nil }
      try self.init(folder, names: template, "video " + path.shown, choice)
    } else {
      return nil
    }
  }

  private init(_ folder: FilePath, names: FrameNames?, _ source: String, _ choice: FolderChoice)
    throws(Failure)
  {
    let frames = try FrameFolder.list(folder, names, source)
    name = source
    self.frames = frames
    start = choice.first
    let left = frames.count - min(choice.first, frames.count)
    count = choice.count == 0 ? left : choice.count
    frameRate = choice.frameRate
    guard count > 0, count <= left else {
      let wanted = choice.first == 0 ? "\(count)" : "\(max(1, count)) after the first \(choice.first)"
      throw Failure(
        .fileOpen,
        "\(source) has \(frames.count) frame\(frames.count == 1 ? "" : "s"), \(frames.name(0)) to "
          + "\(frames.name(frames.count - 1)), and \(wanted) are expected")
    }
  }

  /// The seconds from the first frame to the end of the last; 0 if frames have no times.
  var duration: Double { frameRate > 0 ? Double(count) / frameRate : 0 }

  /// The path of the picture of a frame.
  func path(_ index: Int) -> FilePath { frames.path(start + index) }

  /// The time of a frame in seconds from the first; 0 if frames have no times.
  func seconds(_ index: Int) -> Double { frameRate > 0 ? Double(index) / frameRate : 0 }

  // MARK: - Listing

  private static func list(
    _ folder: FilePath, _ names: FrameNames?, _ source: String
  ) throws(Failure) -> Frames {
    var series: [FrameNames] = names.map { [$0] } ?? []
    try forEachName(in: folder, source) { (name) throws(Failure) in
      guard names == nil, let found = FrameNames.split(name)?.names, !series.contains(found) else { return }
      guard series.count < maxSeries else {
        throw Failure(
          .fileOpen, "\(source) has pictures of more than \(maxSeries) series, not the frames of one video")
      }
      series.append(found)
    }
    let chosen: FrameNames
    let usual = series.filter { $0.beginning.elementsEqual("img_".utf8) }
    if series.count == 1 {
      chosen = series[0]
    } else if usual.count == 1 {
      chosen = usual[0]
    } else if series.isEmpty {
      throw Failure(
        .fileOpen,
        "\(source) is a folder, and no frames are in it, such as img_00001.jpg: give the path of a video, or of a "
          + "folder of extracted frames")
    } else {
      let shown = series.map { String(decoding: $0.name(1, width: 1), as: UTF8.self) }.sorted()
      throw Failure(
        .fileOpen,
        "\(source) has several series of pictures, such as \(shown[0]) and \(shown[1]): say which by a template, as "
          + "in FOLDER/img_%05d.jpg")
    }
    var found = FrameSeries(chosen)
    try forEachName(in: folder, source) { (name) throws(Failure) in
      if let digits = chosen.digits(of: name) { try found.add(digits) }
    }
    guard found.count > 0 else { throw Failure(.fileOpen, "\(source): there is no picture with such a name") }
    return try found.frames(in: folder, source)
  }

  private static func forEachName(
    in folder: FilePath, _ source: String, _ body: (ArraySlice<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    guard let directory = folder.withCString({ opendir($0) }) else {
      throw Failure(.fileOpen, "\(source) cannot be read: \(systemReason(errno))")
    }
    defer { closedir(directory) }
    while true {
      errno = 0
      guard let entry = readdir(directory) else {
        if errno != 0 { throw Failure(.fileRead, "\(source) cannot be read: \(systemReason(errno))") }
        return
      }
      // In place: the system's entry ends with its name, and a copy of the struct would read beyond it.
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      try body(name[...])
    }
  }
}
