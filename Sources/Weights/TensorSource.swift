import System

/// Named tensors to read from: all that the model needs to know of weight files.
public protocol TensorSource {
  /// Every tensor's name, sorted by its bytes.
  var names: [String] { get }

  /// The description of the tensor of this name; nil if there is none.
  func info(_ name: String) -> TensorInfo?

  /// Writes the tensor's values as fp32, row-major, into the caller's memory.
  ///
  /// fp16, bf16, bool and integers of 16 bits or fewer convert exactly; fp64 and wider integers
  /// are rounded to nearest. Values are not judged: NaN and infinities pass.
  ///
  /// Throws `missingTensor` if there is none of this name, `tensorShape` if `destination.count`
  /// is not the product of its shape.
  func read(
    _ name: String, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(Failure)

  /// Holds the tensor's numbers against the checksum that the file keeps of them, if it keeps one, on the pool's
  /// threads. Numbers that were not held against it so far are by the first call that reads them, on one thread.
  func check(_ name: String, _ pool: ThreadPool) throws(Failure)

  /// Fills `destination` with elements from `first` on of a tensor that `isWhole`; any threads may call it at once.
  /// Throws `tensorShape` if the tensor has fewer.
  func read(
    _ name: String, from first: Int, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(Failure)

  /// Whether the tensor's numbers are stored without gaps, so that parts of it can be read.
  func isWhole(_ name: String) -> Bool

  /// The tensor's numbers as they lie in memory, row-major and without gaps; nil if they do not lie so, or were not
  /// held against their checksum yet. Valid for as long as the source is; they need not be aligned.
  func stored(_ name: String) -> UnsafeRawBufferPointer?

  /// Writes the tensor's numbers as they are stored, row-major, into as many bytes. False, and nothing written,
  /// if they are stored with gaps. Throws as `read` does.
  func readStored(
    _ name: String, into destination: UnsafeMutableRawBufferPointer
  ) throws(Failure) -> Bool
}

extension TensorSource {
  public func check(_ name: String, _ pool: ThreadPool) throws(Failure) {}

  /// The index of a name in `names`; nil if it is not there.
  public func position(of name: String) -> Int? {
    var (low, high) = (0, names.count)
    while low < high {
      let middle = (low + high) / 2
      if bytesPrecede(names[middle], name) { low = middle + 1 } else { high = middle }
    }
    return low < names.count && names[low].utf8.elementsEqual(name.utf8) ? low : nil
  }
}
