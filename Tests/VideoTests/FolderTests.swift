import Foundation
import System
import Testing
import Video

/// A folder of extracted frames is a video whose frames are its pictures, in the order of their numbers.
@Suite(.enabled(if: Clip.hasProgram, "needs the ffmpeg program")) struct FolderTests {
  /// The pixels of one picture as the ffmpeg program decodes it.
  func picture(_ path: String) throws -> [UInt8] { try Clip.reference(path) }

  func message(_ path: String, _ choice: FolderChoice = FolderChoice()) -> String {
    do {
      _ = try VideoFile(path: FilePath(path), choice: choice)
      return "opened"
    } catch { return "\(error.kind): \(error.message)" }
  }

  /// A folder with pictures of the given names, which differ.
  func folder(_ names: [String], size: String = "48x32") throws -> Folder {
    let folder = try Folder()
    let suffix = names[0].suffix(3)
    try Clip.run(
      [
        "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=\(size):rate=10", "-frames:v", "\(names.count)",
        "made%d.\(suffix)",
      ], in: folder.url)
    for (place, name) in names.enumerated() {
      try FileManager.default.moveItem(
        atPath: folder.path("made\(place + 1).\(suffix)"), toPath: folder.path(name))
    }
    return folder
  }

  @Test func framesAreThePicturesInTheOrderOfTheirNumbers() throws {
    // Without zeros in front, the order of names is another one.
    let numbers = [8, 9, 10, 11]
    let folder = try folder(numbers.map { "frame\($0).png" })
    defer { folder.remove() }
    try folder.write("notes.txt", [65])
    let file = try VideoFile(path: folder.path(""))
    #expect(try file.outline() == VideoInfo.folder(4, damaged: nil))
    let frames = try file.allPictures()
    #expect(frames.map(\.index) == [0, 1, 2, 3])
    for (frame, number) in zip(frames, numbers) {
      #expect(try frame.rgb == picture(folder.path("frame\(number).png")), "\(number)")
    }
    #expect(try file.info() == VideoInfo.folder(4, damaged: 0))
    #expect(try file.frames(in: TimeSpan(from: 0, to: .infinity)) == 0..<4)
  }

  @Test func theReferencesNamesAreReadBesideOpticalFlow() throws {
    let folder = try folder(["img_00001.jpg", "img_00002.jpg", "flow_x_00001.jpg", "flow_x_00002.jpg"])
    defer { folder.remove() }
    let pictures = try VideoFile(path: folder.path("")).allPictures()
    #expect(
      try pictures.map(\.rgb) == [
        picture(folder.path("img_00001.jpg")), picture(folder.path("img_00002.jpg")),
      ])
  }

  @Test(arguments: ["image_%05d.jpg", "image_{:05}.jpg", "image_{:05d}.jpg", "image_{}.jpg", "image_%d.jpg"])
  func aTemplateSaysWhichAreMeant(template: String) throws {
    let folder = try folder(["image_00001.jpg", "image_00002.jpg", "img_00001.jpg"])
    defer { folder.remove() }
    let file = try VideoFile(path: folder.path(template))
    #expect(
      try file.allPictures().map(\.rgb) == [1, 2].map { try picture(folder.path("image_0000\($0).jpg")) })
  }

  @Test func whatIsNotClearIsRefused() throws {
    let two = try folder(["a_1.png", "b_1.png"])
    defer { two.remove() }
    #expect(message(two.path("")).contains("several series of pictures, such as a_1.png and b_1.png"))
    let empty = try Folder()
    defer { empty.remove() }
    #expect(message(empty.path("")).contains("no frames are in it"))
    #expect(message(empty.path("img_%05d.jpg")).contains("no picture with such a name"))
    #expect(message(empty.path("other.mp4")).hasPrefix("fileOpen"))
    let mixed = try folder(["f_1.png", "f_02.png"])
    defer { mixed.remove() }
    #expect(message(mixed.path("")).contains("with and without zeros"))
  }

  /// Frames of equal distances are complete: every tenth of a video, say.
  @Test func missingFramesAreNamed() throws {
    let folder = try folder(["f_10.png", "f_20.png", "f_30.png"])
    defer { folder.remove() }
    #expect(try VideoFile(path: folder.path("")).info().frameCount == 3)
    try folder.write("f_60.png", [1])
    #expect(message(folder.path("")).contains("lacks 2 frames, the first is f_40.png"))
    try folder.write("f_40.png", [1])
    #expect(message(folder.path("")).contains("lacks the frame f_50.png"))
  }

  @Test func aListsNumberOfFramesIsHeldToTheFolder() throws {
    let folder = try folder((1...5).map { "img_0000\($0).png" })
    defer { folder.remove() }
    var choice = FolderChoice()
    (choice.first, choice.count) = (1, 3)
    let file = try VideoFile(path: FilePath(folder.path("")), choice: choice)
    #expect(try file.info().frameCount == 3)
    #expect(try file.allPictures()[0].rgb == picture(folder.path("img_00002.png")))
    #expect(throws: VideoReadError<Never>.self) {
      try file.readFrames([3], begin: {}) { (_) throws(Never) in }
    }
    choice.count = 5
    #expect(
      message(folder.path(""), choice).contains(
        "has 5 frames, img_00001.png to img_00005.png, and 5 after the first 1 are expected"))
    (choice.first, choice.count) = (0, 6)
    #expect(message(folder.path(""), choice).contains("and 6 are expected"))
    (choice.first, choice.count) = (5, 0)
    #expect(message(folder.path(""), choice).contains("are expected"))
  }

  @Test func timesFollowFromTheRateAlone() throws {
    let folder = try folder((1...5).map { "img_\($0).png" })
    defer { folder.remove() }
    let span = try TimeSpan(from: 0.2, to: 0.4)
    let still = try VideoFile(path: folder.path(""))
    #expect { try still.frames(in: span) } throws: {
      "\(($0 as? Failure)?.message ?? "")".contains("have no times")
    }
    var choice = FolderChoice()
    choice.frameRate = 10
    let file = try VideoFile(path: FilePath(folder.path("")), choice: choice)
    #expect(try file.frames(in: span) == 2..<4)
    #expect(try file.outline().averageFrameRate == 10 && file.outline().duration == 0.5)
    #expect(try file.allPictures().map(\.seconds) == [0, 0.1, 0.2, 0.3, 0.4])
    #expect(throws: Failure.self) { try file.frames(in: TimeSpan(from: 0.5, to: 1)) }
  }

  @Test func aDamagedPictureIsCountedAndAMissingOneNamed() throws {
    let folder = try folder((1...3).map { "img_\($0).jpg" }, size: "320x240")
    defer { folder.remove() }
    let whole = try [UInt8](Data(contentsOf: URL(fileURLWithPath: folder.path("img_2.jpg"))))
    try folder.write("img_2.jpg", Array(whole.prefix(whole.count / 2)))
    let file = try VideoFile(path: folder.path(""))
    _ = try file.allPictures()
    #expect(try file.outline().damagedFrames == 1)
    #expect(try file.info().damagedFrames == 1)
    try FileManager.default.removeItem(atPath: folder.path("img_3.jpg"))
    let later = try VideoFile(path: folder.path(""))
    #expect(try later.info().frameCount == 2)
    #expect { try file.readFrames([2], begin: {}) { (_) throws(Never) in } } throws: {
      "\($0)".contains("img_3.jpg")
    }
  }
}

extension VideoInfo {
  /// The properties of a folder whose frames have no times.
  static func folder(_ count: Int, damaged: Int?) -> (Int, Int?, Double, Double) { (count, damaged, 0, 0) }

  static func == (info: VideoInfo, expected: (Int, Int?, Double, Double)) -> Bool {
    info.frameCount == expected.0 && info.damagedFrames == expected.1 && info.duration == expected.2
      && info.averageFrameRate == expected.3
  }
}
