import System
import Text

/// A tensor and where its numbers lie. Both formats' readers produce it.
struct StoredTensor {
  let info: TensorInfo
  /// The archive's record that the tensor lies in; nil in a file without records.
  var record: Int? = nil
  /// Offset of the first element, counted from the file's beginning.
  let byteOffset: Int
  /// Elements between neighbours along each dimension, 0 where there is one element only; nil for
  /// row-major without gaps.
  let strides: [Int]?

  /// Bytes that the tensor takes when it is stored without gaps.
  var byteCount: Int { info.count * info.elementType.size }

  /// Bytes from the first element to the last one, both included.
  var byteSpan: Int {
    guard let strides else { return byteCount }
    return (StoredTensor.span(shape: info.shape, strides: strides) ?? 0) * info.elementType.size
  }

  /// Converts a tensor with gaps to fp32. `bytes` are its `byteSpan`.
  func copy(
    from bytes: UnsafeRawBufferPointer, into destination: UnsafeMutableBufferPointer<Float>
  ) {
    guard let first = bytes.baseAddress, let target = destination.baseAddress, info.count > 0,
      let strides, let run = info.shape.last, let runStride = strides.last
    else { return }
    // One run along the last dimension at a time, counting the others up like an odometer.
    var index = [Int](repeating: 0, count: info.shape.count - 1)
    var offset = 0
    var written = 0
    while written < info.count {
      FloatConversion.convert(
        info.elementType, from: first + offset * info.elementType.size, stride: runStride,
        count: run, into: target + written)
      written += run
      var axis = index.count - 1
      while axis >= 0 {
        index[axis] += 1
        offset += strides[axis]
        if index[axis] < info.shape[axis] { break }
        offset -= strides[axis] * info.shape[axis]
        index[axis] = 0
        axis -= 1
      }
    }
  }
}

extension StoredTensor {
  /// Whether `strides` walk `shape` in row-major order without gaps. A dimension of size 1 is
  /// never stepped along: its stride says nothing.
  static func isContiguous(shape: [Int], strides: [Int]) -> Bool {
    var expected = 1
    for (size, stride) in zip(shape, strides).reversed() where size != 1 {
      if stride != expected { return false }
      expected = expected.multipliedReportingOverflow(by: size).partialValue
    }
    return true
  }

  /// The number of elements from the first to the last one walked, both included; 0 if there are
  /// none, nil if it does not fit an Int.
  static func span(shape: [Int], strides: [Int]) -> Int? {
    if shape.contains(0) { return 0 }
    var last = 0
    for (size, stride) in zip(shape, strides) {
      let (step, tooFar) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, overflow) = last.addingReportingOverflow(step)
      guard !tooFar, !overflow else { return nil }
      last = sum
    }
    let (span, overflow) = last.addingReportingOverflow(1)
    return overflow ? nil : span
  }
}

/// A file opened by either format's reader.
struct WeightsContents {
  /// The file's tensors, sorted by name; no two have the same name.
  var tensors: [StoredTensor]
  /// The records that they lie in, if the file has such.
  var records = ArchiveRecords()
  var metadata = TextPairs()
  var sections: [String] = []
  var settings: [UInt8]?
}

/// Sorts by name; two tensors of one name are refused, for a reader could take either.
func sortedByName(_ tensors: [StoredTensor]) throws(Failure) -> [StoredTensor] {
  let sorted = tensors.sorted { bytesPrecede($0.info.name, $1.info.name) }
  for (a, b) in zip(sorted, sorted.dropFirst())
  where a.info.name.utf8.elementsEqual(b.info.name.utf8) {
    throw .invalid(
      "two tensors are named \(quoted(a.info.name.utf8)) once prefixes such as 'module.' are removed")
  }
  return sorted
}
