import Adaptation
import Numerics
import System
import Weights

/// Reads the tensors of a classifier's file.
struct ClassifierTensors {
  private let file: WeightsFile

  init(_ file: WeightsFile) { self.file = file }

  func has(_ name: String) -> Bool { file.info(name) != nil }

  /// The shape of a tensor, which must have this many dimensions.
  func shape(_ name: String, rank: Int) throws(Failure) -> [Int] {
    let info = try info(name)
    guard info.shape.count == rank else { throw .tensorShape(name, info.shape) }
    return info.shape
  }

  /// A tensor of fp32 numbers, which are finite.
  func floats(_ name: String, _ shape: [Int]) throws(Failure) -> FloatBuffer {
    let info = try info(name, .f32, shape)
    let numbers = try FloatBuffer(count: info.count)
    try file.read(name, into: numbers.buffer)
    guard numbers.isFinite else { throw Failure(.notFinite, "tensor '\(name)' holds NaN or infinity") }
    return numbers
  }

  /// A tensor of fp64 numbers, of any value.
  func doubles(_ name: String, _ shape: [Int]) throws(Failure) -> GrowingArray<Double> {
    try wide(name, .f64, shape)
  }

  func integers(_ name: String, _ shape: [Int]) throws(Failure) -> GrowingArray<Int64> {
    try wide(name, .i64, shape)
  }

  private func wide<T: BitwiseCopyable>(
    _ name: String, _ type: ElementType, _ shape: [Int]
  ) throws(Failure) -> GrowingArray<T> {
    let info = try info(name, type, shape)
    let numbers = try GrowingArray<T>(uninitialized: info.count)
    guard info.count > 0 else { return GrowingArray() }
    guard try file.readStored(name, into: UnsafeMutableRawBufferPointer(numbers.buffer)) else {
      throw Failure(.internal, "a safetensors file has a tensor with gaps")
    }
    return numbers
  }

  private func info(_ name: String) throws(Failure) -> TensorInfo {
    guard let info = file.info(name) else {
      throw Failure(.missingTensor, "tensor '\(name)' is missing")
    }
    return info
  }

  private func info(_ name: String, _ type: ElementType, _ shape: [Int]) throws(Failure) -> TensorInfo {
    let info = try info(name)
    guard info.elementType == type else {
      throw Failure(.tensorShape, "tensor '\(name)' is \(info.elementType), expected \(type)")
    }
    guard info.shape == shape else { throw .tensorShape(name, info.shape) }
    return info
  }

  // MARK: - The parts of a file

  /// The choices of the fit; nil if there are none.
  func options() throws(Failure) -> FitOptions? {
    guard has("options") else { return nil }
    let numbers = try doubles("options", [7])
    var options = FitOptions()
    options.method = try method(numbers[0])
    func number(_ index: Int, _ range: ClosedRange<Double>) throws(Failure) -> Double? {
      let number = numbers[index]
      if number.isNaN { return nil }
      guard range.contains(number) else { throw .invalid("option \(index) of the fit is \(number)") }
      return number
    }
    options.textWeight = try number(1, FitOptions.weightRange)
    options.clipWeight = try number(2, FitOptions.weightRange)
    options.offset = try number(3, FitOptions.offsetRange)
    options.ridge = try number(4, FitOptions.ridgeRange)
    options.anchor = try number(5, FitOptions.anchorRange)
    options.acceptRate = try number(6, 0...1) ?? options.acceptRate
    return options
  }

  /// The numbers of the fit, of `labels` labels in all.
  func fit(labels: Int, embeddingSize: Int) throws(Failure) -> SavedFit {
    let numbers = try doubles("fit", [7])
    var fit = SavedFit()
    fit.method = try method(numbers[0])
    (fit.temperature, fit.scale) = (numbers[5], numbers[6])
    fit.rules = try doubles("fit.rules", [SavedFit.ruleCount(labels: labels)])
    guard fit.method != .words else { return fit }
    fit.mixture = MixtureWeights(text: numbers[1], clips: numbers[2], offset: numbers[3])
    if !numbers[4].isNaN { fit.ridge = numbers[4] }
    let count = try shape("fit.labels", rank: 1)[0]
    guard count <= labels else { throw .tensorShape("fit.labels", [count]) }
    let columns = try integers("fit.labels", [count])
    for column in 0..<count { try fit.labels.append(Int(columns[column])) }
    fit.weights = try doubles("fit.weights", [count, embeddingSize])
    fit.offsets = try doubles("fit.offsets", [count])
    let sums = SavedFit.sumCount(fit.method, labels: count, embeddingSize: embeddingSize)
    if sums > 0 { fit.sums = try doubles("fit.sums", [sums]) }
    return fit
  }

  private func method(_ number: Double) throws(Failure) -> FitMethod {
    guard let code = Int32(exactly: number), let method = FitMethod(rawValue: code) else {
      throw .invalid("a fit's method is \(number)")
    }
    return method
  }

  /// The examples, whose clips have these labels.
  func examples(of labels: TextList, embeddingSize: Int) throws(Failure) -> ExampleSet {
    let (count, rows) = (try shape("clips", rank: 2)[0], try shape("examples", rank: 2)[0])
    guard rows <= ExampleSet.maximumRows else {
      throw .limit("the file has \(rows) examples; at most \(ExampleSet.maximumRows) are kept")
    }
    let clips = try integers("clips", [count, 2])
    let clipOfRow = try integers("examples.clips", [rows])
    let embeddings = try floats("examples", [rows, embeddingSize])
    return try ExampleSet(labels: labels, clips: clips, clipOfRow: clipOfRow, embeddings, size: embeddingSize)
  }
}
