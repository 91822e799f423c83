import System
import Numerics
import Testing

@testable import Model

/// Frames encoded by themselves and joined afterwards: the bits are those of whole videos, whatever the temporal head
/// and options, and however the frames are grouped.
struct JoiningTests {
  private static let (frames, videos, size) = (3, 4, InMemoryTensors.embedding)

  enum Option: CaseIterable { case none, shift, causal, view, joint }

  private static func tensors(_ head: TemporalHeadKind) -> InMemoryTensors {
    var tensors = InMemoryTensors.clip()
    switch head {
    case .meanP: break
    case .conv1D: tensors.addConv1D()
    case .lstm: tensors.addLSTM()
    case .transf: tensors.addTransf()
    case .transfCls: tensors.addTransfCls(frames: frames)
    case .mit: tensors.addMIT(frames: frames)
    default: Issue.record("head \(head.name) is not tested")
    }
    return tensors
  }

  private func model(_ head: TemporalHeadKind, _ option: Option, _ precision: Precision) throws -> ActionCLIP
  {
    var tensors = Self.tensors(head)
    if option == .joint { tensors.add("visual.time_embedding", [Self.frames, 64]) }
    var declared = DeclaredOptions()
    declared.integrationHeads = 3
    return try ActionCLIP(
      tensors,
      options: LoadOptions(
        temporalShift: option == .shift ? .twoSided : option == .causal ? .causal : .off,
        head: option == .joint ? nil : head, frames: Self.frames, threads: 2,
        precision: precision,
        temporalView: option == .view ? 1 : nil),
      declared: declared, declaresOptions: false)
  }

  private let pixels = (0..<videos * frames * 192).map { Float(($0 &* 7919) % 512) / 256 - 1 }

  private func encode(_ model: ActionCLIP) throws -> (video: [Float], frame: [Float]) {
    var video = [Float](repeating: 0, count: Self.videos * Self.size)
    var frame = [Float](repeating: 0, count: Self.videos * model.frameRowsPerVideo * Self.size)
    try model.encode(WrittenFrames(pixels), videos: Self.videos, videoOut: &video, frameOut: &frame)
    return (video, frame)
  }

  private func encodeFrames(_ model: ActionCLIP, _ pixels: some Sequence<Float>, count: Int) throws -> [Float]
  {
    let rows = model.framesAreIndependent ? count : count / Self.frames * model.frameRowsPerVideo
    var out = [Float](repeating: 0, count: rows * Self.size)
    try model.encodeFrames(WrittenFrames(Array(pixels)), count: count, to: &out)
    return out
  }

  private func join(_ model: ActionCLIP, _ embeddings: [Float], videos: Int) throws -> [Float] {
    var out = [Float](repeating: 0, count: videos * Self.size)
    try model.join(embeddings, videos: videos, to: &out)
    return out
  }

  @Test(arguments: TemporalHeadKind.all, Option.allCases)
  func joinedFramesHaveTheBitsOfTheVideo(head: TemporalHeadKind, option: Option) throws {
    if option == .joint, head != .meanP { return }
    for precision in Precision.allCases {
      let model = try model(head, option, precision)
      #expect(model.framesAreIndependent == (option == .none))
      let whole = try encode(model)
      #expect(try encodeFrames(model, pixels, count: Self.videos * Self.frames) == whole.frame)
      #expect(try join(model, whole.frame, videos: Self.videos) == whole.video)
      let perVideo = model.frameRowsPerVideo * Self.size
      for video in 0..<Self.videos {
        let rows = Array(whole.frame[video * perVideo..<(video + 1) * perVideo])
        #expect(
          try join(model, rows, videos: 1) == Array(whole.video[video * Self.size..<(video + 1) * Self.size]))
      }
      let groups = model.framesAreIndependent ? [1, 2, 5, 7] : [Self.frames, 2 * Self.frames]
      for group in groups { #expect(try encode(model, inGroupsOf: group) == whole.frame) }
    }
  }

  private func encode(_ model: ActionCLIP, inGroupsOf group: Int) throws -> [Float] {
    let all = Self.videos * Self.frames
    return try stride(from: 0, to: all, by: group).flatMap { first in
      let count = min(group, all - first)
      return try encodeFrames(model, pixels[first * 192..<(first + count) * 192], count: count)
    }
  }

  @Test(arguments: [Option.shift, .causal, .view, .joint])
  func partsOfAVideoAreRefusedWhereFramesSeeEachOther(option: Option) throws {
    let model = try model(.meanP, option, .fp32)
    let error = #expect(throws: Failure.self) { try encodeFrames(model, pixels, count: Self.frames + 1) }
    #expect(error?.kind == .optionConflict)
  }

  @Test func embeddingsThatAreNoNumbersAreRefused() throws {
    let model = try model(.meanP, .none, .fp32)
    var out = [Float](repeating: 42, count: Self.size)
    for bad in [Float.nan, .infinity, .greatestFiniteMagnitude] {
      let rows = [Float](repeating: bad, count: Self.frames * Self.size)
      let error = #expect(throws: Failure.self) { try model.join(rows, videos: 1, to: &out) }
      #expect(error?.kind == .notFinite)
    }
    #expect(out.allSatisfy { $0 == 42 })
  }
}
