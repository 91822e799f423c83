import Adaptation
import Numerics
import System
import Weights

/// The tensors of a classifier's file that is being written.
struct ClassifierFileTensors {
  private enum Numbers {
    case floats(FloatBuffer)
    case wide(MemoryOfTensor)
  }
  /// Numbers of 8 bytes that a tensor has.
  private final class MemoryOfTensor {
    let block: MemoryBlock
    init(copying bytes: UnsafeRawBufferPointer) throws(Failure) {
      block = try MemoryBlock(count: bytes.count, zeroed: false)
      block.bytes.copyMemory(from: bytes)
    }
  }

  private var tensors: [TensorToWrite] = []
  private var numbers: [Numbers] = []

  func write(to path: FilePath, _ metadata: TextPairs) throws(Failure) {
    try SafetensorsWriter.write(to: path, metadata: metadata, tensors: tensors) {
      (index, write) throws(Failure) in
      switch numbers[index] {
      case .floats(let floats): try write(.floats(UnsafeBufferPointer(floats.buffer)))
      case .wide(let memory): try write(.wide(UnsafeRawBufferPointer(memory.block.bytes)))
      }
    }
    extendLifetime(numbers)
  }

  mutating func add(_ name: String, _ shape: [Int], _ floats: FloatBuffer) {
    tensors.append(TensorToWrite(name: name, shape: shape, storage: .fp32))
    numbers.append(.floats(floats))
  }

  private mutating func add<T: BitwiseCopyable>(
    _ name: String, _ shape: [Int], _ storage: TensorToWrite.Storage, _ values: borrowing GrowingArray<T>
  ) throws(Failure) {
    tensors.append(TensorToWrite(name: name, shape: shape, storage: storage))
    numbers.append(.wide(try MemoryOfTensor(copying: UnsafeRawBufferPointer(values.view))))
  }

  mutating func add(_ examples: ExampleSet) throws(Failure) {
    let (count, size) = (examples.count, examples.embeddingSize)
    let rows = try FloatBuffer(count: count * size)
    examples.copyRows(to: rows.base)
    add("examples", [count, size], rows)
    var clipOfRow = try GrowingArray<Int64>(capacity: count)
    for row in 0..<count { try clipOfRow.append(Int64(examples.clipOfRow[row])) }
    try add("examples.clips", [count], .int64, clipOfRow)
    var clips = try GrowingArray<Int64>(capacity: 2 * examples.clips.count)
    for clip in 0..<examples.clips.count {
      try clips.append(examples.clips[clip].id)
      try clips.append(Int64(examples.clips[clip].label))
    }
    try add("clips", [examples.clips.count, 2], .int64, clips)
  }

  mutating func add(_ options: FitOptions) throws(Failure) {
    var numbers = try GrowingArray<Double>(capacity: 7)
    try numbers.append(Double(options.method.rawValue))
    for number in [options.textWeight, options.clipWeight, options.offset, options.ridge, options.anchor] {
      try numbers.append(number ?? .nan)
    }
    try numbers.append(options.acceptRate)
    try add("options", [7], .fp64, numbers)
  }

  mutating func add(_ fit: borrowing SavedFit, embeddingSize: Int) throws(Failure) {
    var numbers = try GrowingArray<Double>(capacity: 7)
    let mixture = fit.mixture
    try numbers.append(Double(fit.method.rawValue))
    for number in [mixture?.text, mixture?.clips, mixture?.offset, fit.ridge, fit.temperature, fit.scale] {
      try numbers.append(number ?? .nan)
    }
    try add("fit", [7], .fp64, numbers)
    try add("fit.rules", [fit.rules.count], .fp64, fit.rules)
    let count = fit.labels.count
    guard count > 0 else { return }
    var labels = try GrowingArray<Int64>(capacity: count)
    for label in 0..<count { try labels.append(Int64(fit.labels[label])) }
    try add("fit.labels", [count], .int64, labels)
    try add("fit.weights", [count, embeddingSize], .fp64, fit.weights)
    try add("fit.offsets", [count], .fp64, fit.offsets)
    if !fit.sums.isEmpty { try add("fit.sums", [fit.sums.count], .fp64, fit.sums) }
  }
}
