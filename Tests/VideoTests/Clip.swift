import Foundation
import System
import Video

extension VideoFile {
  convenience init(
    path: String, threads: Int = 1, maxPixels: Int = defaultMaxPixels, decode: DecodeChoice = .needed
  ) throws(Failure) {
    try self.init(path: FilePath(path), threads: threads, maxPixels: maxPixels, decode: decode)
  }
}

/// Where the tests' videos come from: committed ones, and ones made with the ffmpeg program.
enum Clip {
  /// See scripts/make_video_fixtures.sh for what they show.
  static func fixture(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/\(name)").path
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: fixture(name))))
  }

  /// Encoders of the ffmpeg program; empty where there is none. Tests that need it are skipped then.
  static let encoders: Set<String> = {
    guard let listing = try? run(["-v", "error", "-encoders"]) else { return [] }
    let words = String(decoding: listing, as: UTF8.self).split(separator: "\n").compactMap {
      $0.split(separator: " ").dropFirst().first
    }
    return Set(words.map(String.init))
  }()
  static let hasProgram = !encoders.isEmpty

  struct ProgramFailed: Error {
    let arguments: [String]
    let status: Int32
  }

  /// Runs ffmpeg and answers what it wrote to its standard output.
  @discardableResult
  static func run(_ arguments: [String], in folder: URL? = nil) throws -> Data {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["ffmpeg", "-hide_banner", "-nostdin", "-y"] + arguments
    process.currentDirectoryURL = folder
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw ProgramFailed(arguments: arguments, status: process.terminationStatus)
    }
    return data
  }

  /// Every frame as the ffmpeg program decodes it on one thread: packed RGB24, no frame repeated or
  /// dropped. One filter thread: it demosaics Bayer pictures in as many parts as it has threads, which shows.
  static func reference(_ path: String) throws -> [UInt8] {
    Array(
      try run([
        "-v", "quiet", "-filter_threads", "1", "-threads", "1", "-i", path, "-an", "-sn", "-dn", "-fps_mode",
        "passthrough",
        "-f", "rawvideo", "-pix_fmt", "rgb24", "-",
      ]))
  }
}

/// A folder for one test, which removes it at its end.
final class Folder {
  let url: URL

  init(in parent: URL = FileManager.default.temporaryDirectory) throws {
    url = parent.appendingPathComponent("actionclip-video-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  func remove() { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: url.appendingPathComponent(name)))
  }

  @discardableResult
  func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
    try Data(bytes).write(to: url.appendingPathComponent(name))
    return path(name)
  }

  /// A clip of ffmpeg's moving test picture.
  func make(
    _ name: String, size: String = "96x64", frames: Int = 30, _ options: String
  ) throws -> String {
    let input = "testsrc2=size=96x64:rate=25,scale=\(size.replacingOccurrences(of: "x", with: ":"))"
    try Clip.run(
      ["-v", "quiet", "-f", "lavfi", "-i", input, "-frames:v", "\(frames)"]
        + options.split(separator: " ").map(String.init) + [name], in: url)
    return path(name)
  }

  /// Runs ffmpeg with the folder's file `input`.
  func remake(_ name: String, before: String = "", from input: String, _ options: String) throws
    -> String
  {
    let words = { (text: String) in text.split(separator: " ").map(String.init) }
    try Clip.run(
      ["-v", "quiet"] + words(before) + ["-i", input] + words(options) + [name], in: url)
    return path(name)
  }
}

/// A frame kept, rows packed.
struct Picture: Equatable {
  let index: Int
  let seconds: Double
  let isDamaged: Bool
  let width: Int
  let rgb: [UInt8]

  init(_ frame: VideoFrame) {
    index = frame.index
    seconds = frame.seconds
    isDamaged = frame.isDamaged
    width = frame.width
    var rows: [UInt8] = []
    rows.reserveCapacity(frame.width * frame.height * 3)
    for y in 0..<frame.height {
      rows += UnsafeBufferPointer(start: frame.pixels + y * frame.stride, count: frame.width * 3)
    }
    rgb = rows
  }

  /// The number that a digits_* clip shows in its eight bars.
  var digits: Int {
    (0..<8).reduce(0) { $0 | (rgb[(16 * width + $1 * 8 + 4) * 3 + 1] > 128 ? 1 << $1 : 0) }
  }

  func colour(_ x: Int, _ y: Int) -> [Bool] {
    (0..<3).map { rgb[(y * width + x) * 3 + $0] > 128 }
  }
}

extension VideoFile {
  func pictures(_ indices: [Int]) throws -> [Picture] {
    var pictures: [Picture] = []
    try readFrames(indices) {
      pictures = []
    } emit: {
      pictures.append(Picture($0))
    }
    return pictures
  }

  func allPictures() throws -> [Picture] { try pictures(Array(0..<info().frameCount)) }

  /// Everything about a video, for comparing two ways of reading it; or why it cannot be read.
  static func outcome(_ open: () throws -> VideoFile) -> String {
    do {
      let video = try open()
      let info = try video.info()
      var hasher: UInt64 = 0xcbf2_9ce4_8422_2325
      for picture in try video.allPictures() {
        for byte in picture.rgb { hasher = (hasher ^ UInt64(byte)) &* 0x100_0000_01b3 }
      }
      return "\(video.width)x\(video.height) \(video.rotation) \(info) \(hasher)"
    } catch { return "\(error)" }
  }
}

/// Numbers that are the same in every run (SplitMix64).
struct Random: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
