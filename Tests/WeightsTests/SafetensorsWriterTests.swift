import Foundation
import System
import Testing

@testable import Weights

@Suite struct SafetensorsWriterTests {
  private let metadata = [(key: "k", value: "line\n\"é\\ \u{1}"), (key: "a", value: "")]

  private func write(
    _ path: String, _ tensors: [(TensorToWrite, [Float])], failAt: Int? = nil
  ) throws(Failure) {
    guard let pairs = try? TextPairs(metadata) else { throw .limit("memory") }
    try SafetensorsWriter.write(to: FilePath(path), metadata: pairs, tensors: tensors.map(\.0)) {
      (index, write) throws(Failure) in
      if index == failAt { throw .limit("stop") }
      try tensors[index].1.withUnsafeBufferPointer { (numbers) throws(Failure) in try write(.floats(numbers))
      }
    }
  }

  private func withFolder<R>(_ body: (String) throws -> R) throws -> R {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("writer-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder.path)
  }

  private func files(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  private let half = TensorToWrite(name: "a half", shape: [3], storage: .fp16)
  private let full = TensorToWrite(name: "b \"full\"", shape: [1, 2], storage: .fp32)
  private let one = TensorToWrite(name: "c", shape: [], storage: .fp32)

  @Test func isReadAgain() throws {
    try withFolder { folder in
      let path = folder + "/m.safetensors"
      try write(path, [(half, [1, -0.1, 65504]), (full, [.pi, -0x1p-140]), (one, [7])])
      let file = try WeightsFile(path: path, keys: .sample)
      #expect(file.metadata.keys == ["a", "k"])
      #expect(file.metadata.values == ["", "line\n\"é\\ \u{1}"])
      #expect(try read("a half", from: file) == [1, -0.099975586, 65504])
      #expect(try read("b \"full\"", from: file) == [.pi, -0x1p-140])
      #expect(try read("c", from: file) == [7])
      #expect(try files(in: folder) == ["m.safetensors"])
    }
  }

  @Test func wideNumbersAreReadAgain() throws {
    try withFolder { folder in
      let path = folder + "/m.safetensors"
      let (doubles, integers) = ([1 / 3.0, -0x1p-1074, .infinity], [Int64.min, -1, 1 << 60])
      let tensors = [
        TensorToWrite(name: "narrow", shape: [1], storage: .fp32),
        TensorToWrite(name: "doubles", shape: [3], storage: .fp64),
        TensorToWrite(name: "integers", shape: [3, 1], storage: .int64),
      ]
      try SafetensorsWriter.write(to: FilePath(path), metadata: TextPairs(), tensors: tensors) {
        (index, write) throws(Failure) in
        switch index {
        case 0: try [7].withUnsafeBufferPointer { (numbers) throws(Failure) in try write(.floats(numbers)) }
        case 1:
          try doubles.withUnsafeBufferPointer { (numbers) throws(Failure) in
            try write(.wide(UnsafeRawBufferPointer(numbers)))
          }
        default:
          try integers.withUnsafeBufferPointer { (numbers) throws(Failure) in
            try write(.wide(UnsafeRawBufferPointer(numbers)))
          }
        }
      }
      let file = try WeightsFile(path: path, keys: .sample)
      var (readDoubles, readIntegers) = ([Double](repeating: 0, count: 3), [Int64](repeating: 0, count: 3))
      #expect(try readDoubles.withUnsafeMutableBytes { try file.readStored("doubles", into: $0) })
      #expect(try readIntegers.withUnsafeMutableBytes { try file.readStored("integers", into: $0) })
      #expect(readDoubles == doubles && readIntegers == integers)
      #expect(try read("narrow", from: file) == [7])
    }
  }

  @Test func coarseNumbersAreReadAgainAndLieAsTheyAre() throws {
    try withFolder { folder in
      let path = folder + "/m"
      let bytes = TensorToWrite(name: "bytes", shape: [5], storage: .int8)
      let brain = TensorToWrite(name: "brain", shape: [2, 2], storage: .bf16)
      let numbers: [Float] = [-128, -1, 0, 127, 5], rounded: [Float] = [1, -3.140625, 0x1p127, 0]
      try write(path, [(bytes, numbers), (brain, [1, -.pi, 0x1.00FFp127, 0]), (one, [7])])
      let file = try WeightsFile(path: path, keys: .sample)
      #expect(file.info("bytes")?.elementType == .i8 && file.info("brain")?.elementType == .bf16)
      #expect(try read("bytes", from: file) == numbers && read("brain", from: file) == rounded)
      var stored = [Int8](repeating: 1, count: 5)
      let isRead = try stored.withUnsafeMutableBytes { try file.readStored("bytes", into: $0) }
      #expect(isRead && stored == [-128, -1, 0, 127, 5])
      var short = [Int8](repeating: 1, count: 4)
      let error = #expect(throws: Failure.self) {
        try short.withUnsafeMutableBytes { try file.readStored("bytes", into: $0) }
      }
      #expect(error?.kind == .tensorShape && short == [1, 1, 1, 1])
    }
  }

  @Test func aFailureLeavesTheOldFileAndNothingElse() throws {
    try withFolder { folder in
      let path = folder + "/m.safetensors"
      try write(path, [(one, [1])])
      #expect(throws: Failure.self) { try write(path, [(one, [2]), (full, [3, 4])], failAt: 1) }
      let error = #expect(throws: Failure.self) { try write(path, [(half, [0, 65520, 0])]) }
      #expect(error?.message.contains("'a half'") == true && error?.message.contains("65520") == true)
      #expect(try read("c", from: WeightsFile(path: path, keys: .sample)) == [1])
      #expect(try files(in: folder) == ["m.safetensors"])
    }
  }

  @Test func placesThatTakeNoFileAreNamed() throws {
    try withFolder { folder in
      for path in [folder, folder + "/none/m", folder + "/m/", "/dev/null"] {
        let error = #expect(throws: Failure.self) { try write(path, [(one, [1])]) }
        #expect(error?.kind == .fileWrite && error?.message.contains(path) == true, "\(error as Any)")
      }
      let error = #expect(throws: Failure.self) { try write("", [(one, [1])]) }
      #expect(error?.kind == .fileWrite && error?.message.contains("empty") == true)
      let left = try files(in: folder)
      #expect(left == [])
    }
  }

  @Test func aLinkKeepsPointingAtTheFile() throws {
    try withFolder { folder in
      try write(folder + "/m", [(one, [1])])
      try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: "m")
      try write(folder + "/link", [(one, [2])])
      #expect(try read("c", from: WeightsFile(path: folder + "/m", keys: .sample)) == [2])
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/link") == "m")
    }
  }

  @Test func metadataBeyondWhatIsReadIsRefused() throws {
    try withFolder { folder in
      let path = FilePath(folder + "/m")
      let large = try TextPairs([(key: "k", value: String(repeating: "m", count: 4 << 20))])
      let error = #expect(throws: Failure.self) {
        try SafetensorsWriter.write(to: path, metadata: large, tensors: []) { (_, _) throws(Failure) in }
      }
      #expect(error?.kind == .limit)
      let left = try files(in: folder)
      #expect(left == [])
    }
  }

  @Test func halvesAreTheNearest() {
    // Every binary16 comes back as itself, and what lies between two goes to the nearer, ties to even.
    for bits in UInt16(0)..<0x7C00 {
      let value = FloatConversion.float(half: bits)
      #expect(FloatConversion.half(value) == bits)
      #expect(FloatConversion.half(-value) == bits | 0x8000)
      guard bits < 0x7BFF else { continue }
      let next = FloatConversion.float(half: bits + 1)
      let middle = (value + next) / 2
      #expect(FloatConversion.half(middle) == bits + (bits & 1))
      #expect(FloatConversion.half(middle.nextDown) == bits)
      #expect(FloatConversion.half(middle.nextUp) == bits + 1)
    }
    #expect(FloatConversion.half(65519.99) == 0x7BFF)
    for none in [Float(65520), .infinity, -.infinity, .nan, 1e30] {
      #expect(FloatConversion.half(none) == nil)
    }
  }
}
