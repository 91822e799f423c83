import System
import TensorNames
import Weights

/// A checkpoint's tensors mixed with those of the CLIP that it was trained from: (1 - share) · own + share · base, in
/// fp32, for all that both have (Open-VCLIP tools/test_net.py, PATCHING_RATIO). Others are the checkpoint's.
final class BaseMixedTensors: ComputedTensors {
  private let own: any TensorSource
  private let base: any TensorSource
  private let share: Float

  /// Throws, naming the tensor and the base's file, where the two are different networks.
  init(
    _ own: any TensorSource, with base: any TensorSource, share: Double, of file: String
  ) throws(Failure) {
    for name in base.names where !BaseMixedTensors.isBuffer(name) {
      guard let other = base.info(name), let mine = own.info(name),
        other.shape == mine.shape || other.count == 1 && mine.count == 1
      else {
        let found = own.info(name).map { "has shape \($0.shape) in the weights" } ?? "is not in the weights"
        throw Failure(
          .optionConflict,
          "\(file): cannot be mixed into the weights, since it is another network: tensor '\(name)' of shape "
            + "\(base.info(name)?.shape ?? []) \(found)")
      }
      guard other.elementType != .i8, mine.elementType != .i8 else {
        throw .unsupported(
          "\(file): cannot be mixed into the weights, since one of them holds int8: mix their fp32 files")
      }
    }
    self.own = own
    self.base = base
    self.share = Float(share)
  }

  /// Whether a tensor holds a size, a mask or a tokenizer, not weights.
  private static func isBuffer(_ name: String) -> Bool {
    let buffers = TensorNames.Buffers.self
    let names = [
      buffers.imageSize, buffers.contextLength, buffers.vocabularySize, buffers.mask, TensorNames.tokenizer,
    ]
    return names.contains(name) || name.hasSuffix("." + buffers.mask)
  }

  private func isMixed(_ name: String) -> Bool {
    base.info(name) != nil && !BaseMixedTensors.isBuffer(name)
  }

  var names: [String] { own.names }

  func info(_ name: String) -> TensorInfo? {
    guard let mine = own.info(name), isMixed(name) else { return own.info(name) }
    return TensorInfo(name: name, elementType: .f32, shape: mine.shape)
  }

  func read(_ name: String, into destination: UnsafeMutableBufferPointer<Float>) throws(Failure) {
    try own.read(name, into: destination)
    guard isMixed(name), let to = destination.baseAddress else { return }
    let numbers = try GrowingArray<Float>(uninitialized: destination.count)
    try base.read(name, into: UnsafeMutableBufferPointer(start: numbers.base, count: numbers.count))
    for i in 0..<destination.count { to[i] += share * (numbers.base[i] - to[i]) }
    extendLifetime(numbers)
  }

  /// Tensors that are not mixed, such as a tokenizer's bytes, are as the checkpoint stores them.
  func readStored(
    _ name: String, into destination: UnsafeMutableRawBufferPointer
  ) throws(Failure) -> Bool {
    isMixed(name) ? false : try own.readStored(name, into: destination)
  }
}
