// fuzz: -max_len=2048
import System
import Weights

@testable import Families

/// Names of tensors, one on each line, with a shape that the line's end says; what they mean, and every tensor read in
/// every way, also those that a stem is made of.
@_cdecl("fuzz_families")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  let source = Named(UnsafeBufferPointer(start: data, count: size))
  do throws(Failure) {
    let renamed = try RenamedTensors(source, Layout(source.names))
    precondition(renamed.names.count <= source.names.count)
    for (a, b) in zip(renamed.names, renamed.names.dropFirst()) {
      precondition(a.utf8.lexicographicallyPrecedes(b.utf8))
    }
    for name in renamed.names { try read(name, renamed) }
    let hasStem = renamed.info(StemTensors.mark) != nil
    guard let stem = try StemTensors(renamed, isStated: hasStem) else { return 0 }
    precondition(Set(stem.names).count == stem.names.count)
    for name in stem.names { try readMade(name, stem) }
  } catch { precondition(!error.message.isEmpty) }
  return 0
}

/// The numbers are those of the file or made of them, none of which is below 0.
private func readMade(_ name: String, _ tensors: StemTensors) throws(Failure) {
  guard let info = tensors.info(name) else { fatalError("\(name) was listed") }
  var whole = [Float](repeating: .nan, count: info.count)
  do { try whole.withUnsafeMutableBufferPointer { try tensors.read(name, into: $0) } } catch {
    fatalError("\(error)")
  }
  precondition(whole.allSatisfy(\.isFinite))
}

private func read(_ name: String, _ tensors: RenamedTensors) throws(Failure) {
  guard let info = tensors.info(name) else { fatalError("\(name) was listed") }
  var whole = [Float](repeating: -1, count: info.count)
  do { try whole.withUnsafeMutableBufferPointer { try tensors.read(name, into: $0) } } catch {
    fatalError("\(error)")
  }
  precondition(!whole.contains(-1))
  guard tensors.isWhole(name) else { return }
  let first = info.count / 3
  var part = [Float](repeating: -1, count: info.count - first)
  do { try part.withUnsafeMutableBufferPointer { try tensors.read(name, from: first, into: $0) } } catch {
    fatalError("\(error)")
  }
  precondition(part[...] == whole[first...])
}

/// Tensors of the numbers 0, 1, 2, ….
private final class Named: TensorSource {
  let names: [String]
  private let infos: [TensorInfo]

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    var infos: [TensorInfo] = []
    for line in bytes.split(separator: 0x0A).prefix(64) {
      guard let last = line.last, let name = String(validating: line.dropLast(), as: UTF8.self),
        !infos.contains(where: { $0.name.utf8.elementsEqual(name.utf8) })
      else { continue }
      // From 128 on a dimension more, of one.
      let shape = (0..<Int(last) % 4 + Int(last) / 128).map { 1 + Int(last) >> (2 + 2 * $0) & 3 }
      guard let info = TensorInfo(name: name, elementType: .f32, shape: shape) else { continue }
      infos.append(info)
    }
    infos.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    self.infos = infos
    names = infos.map(\.name)
  }

  func info(_ name: String) -> TensorInfo? { infos.first { $0.name.utf8.elementsEqual(name.utf8) } }
  func isWhole(_ name: String) -> Bool { true }
  func stored(_ name: String) -> UnsafeRawBufferPointer? { nil }

  func read(_ name: String, into destination: UnsafeMutableBufferPointer<Float>) throws(Failure) {
    try read(name, from: 0, into: destination)
  }

  func read(
    _ name: String, from first: Int, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(Failure) {
    guard let count = info(name)?.count, first >= 0, destination.count <= count - first else {
      fatalError("\(name) has no such numbers")
    }
    for i in 0..<destination.count { destination[i] = Float(first + i) }
  }

  func readStored(
    _ name: String, into destination: UnsafeMutableRawBufferPointer
  ) throws(Failure) -> Bool { false }
}
