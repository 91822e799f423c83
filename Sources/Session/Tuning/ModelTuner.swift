import Model
import Numerics
import Preprocess
import System
import Training
import Video

/// Trains a copy of a loaded model on a caller's clips. Clips and texts are added first; the first use of the copy makes
/// it, and ends that. One thread at a time may call it, except for `cancel`.
public final class ModelTuner {
  public let loaded: LoadedModel
  let options: TuningOptions
  /// The model's network, with a new head if one is wanted, that training begins with.
  let base: ActionCLIP
  private(set) var texts: TuningTexts
  private(set) var trained: [TunedClip] = []
  private(set) var heldOut: [TunedClip] = []
  private let cancellation = TunerCancellation()
  var training: TunerTraining?

  public init(
    _ loaded: LoadedModel, labels: TextList, templates: TextList, _ options: TuningOptions
  ) throws(Failure) {
    guard loaded.configuration.temporalView == 0 else {
      throw .unsupported("models whose frames attend to their neighbours' tokens cannot be trained")
    }
    self.loaded = loaded
    self.options = options
    base = try ModelTuner.base(loaded, options)
    texts = try TuningTexts(loaded, labels: labels, templates: templates, truncate: options.truncate)
  }

  /// The network that training begins with.
  private static func base(_ loaded: LoadedModel, _ options: TuningOptions) throws(Failure) -> ActionCLIP {
    guard let head = options.newHead else { return loaded.model }
    let frames = options.frames ?? loaded.configuration.frames
    var network = loaded.network(precision: loaded.model.precision)
    (network.head, network.frames) = (head, frames)
    return try loaded.model.remade(
      from: StartedHead(loaded.model, head, frames: frames, seed: options.seed), network)
  }

  public var labelCount: Int { texts.labels.count }
  public var labels: TextList { texts.labels }
  public var trainedCount: Int { trained.count }
  public var heldOutCount: Int { heldOut.count }
  /// Bytes of clips and texts.
  public var clipBytes: Int { (trained + heldOut).reduce(texts.bytes) { $0 + $1.bytes } }
  /// Floats of one view, T·3·S·S.
  public var numbersPerView: Int { base.pixelsPerFrame * base.configuration.frames }
  public var frames: Int { base.configuration.frames }

  /// Throws once the copy is made.
  private func checkAdding() throws(Failure) {
    guard training == nil else {
      throw Failure(
        .optionConflict, "the tuner has its clips: add them before its sizes are asked for and it is used")
    }
  }

  /// Adds a text of a label beside those of the templates.
  public func add(text: UnsafeBufferPointer<UInt8>, label: Int) throws(Failure) {
    try checkAdding()
    guard (0..<labelCount).contains(label) else {
      throw .argument("label is \(label), expected 0 to \(labelCount - 1)")
    }
    try texts.add(text, label: label, loaded, truncate: options.truncate)
  }

  /// The most labels that a clip may have.
  private static let mostLabels = 256

  /// Checks and copies a clip's labels.
  private func checked(_ labels: UnsafeBufferPointer<Int32>) throws(Failure) -> [Int] {
    try checkAdding()
    guard (1...ModelTuner.mostLabels).contains(labels.count) else {
      throw .argument("label_count is \(labels.count), expected 1 to \(ModelTuner.mostLabels)")
    }
    for (index, label) in labels.enumerated() {
      guard (0..<labelCount).contains(Int(label)) else {
        throw .argument("labels[\(index)] is \(label), expected 0 to \(labelCount - 1)")
      }
      guard !labels[..<index].contains(label) else {
        throw .argument("labels[\(index)] is \(label), which stands there twice")
      }
    }
    return labels.map(Int.init).sorted()
  }

  private func append(_ clip: TunedClip, isHeldOut: Bool) throws(Failure) {
    if let limit = options.memoryLimit {
      let needed = clipBytes + clip.bytes
      guard needed <= limit else {
        throw .outOfMemory("\(needed) bytes of clips; max_memory is \(limit)")
      }
    }
    if isHeldOut { heldOut.append(clip) } else { trained.append(clip) }
  }

  /// Adds a part of a video, whose frames are spread over `views` views.
  public func add(
    _ file: VideoFile, in span: TimeSpan, views: Int, _ options: PreprocessOptions,
    labels: UnsafeBufferPointer<Int32>, isHeldOut: Bool
  ) throws(Failure) {
    let labels = try checked(labels)
    let count = try product([views, frames], "views")
    let crops = try TunedCrops(frames: count, size: base.configuration.imageSize, options)
    file.beginCall()
    try file.readChosenFrames(count: count, in: span, by: loaded.preset.sampling) {
    } emit: { (frame, positions) throws(Failure) in
      try checkCancelled()
      let image = try ImageView(
        base: frame.pixels, width: frame.width, height: frame.height, rowStride: frame.stride, format: .rgb)
      // Views take positions in turn.
      func place(_ position: Int) -> Int { position % views * frames + position / views }
      try crops.set(place(positions.lowerBound), FrameView(image))
      for other in positions.dropFirst() { crops.copy(place(positions.lowerBound), to: place(other)) }
    }
    try append(TunedClip(labels, views: views, crops), isHeldOut: isHeldOut)
  }

  /// Adds pictures, T for each view.
  public func add(
    _ pictures: UnsafeBufferPointer<FrameView>, views: Int, _ options: PreprocessOptions,
    labels: UnsafeBufferPointer<Int32>, isHeldOut: Bool
  ) throws(Failure) {
    let labels = try checked(labels)
    let crops = try TunedCrops(
      frames: pictures.count, size: base.configuration.imageSize, options)
    for index in pictures.indices {
      try checkCancelled()
      do throws(Failure) { try crops.set(index, pictures[index]) } catch {
        throw error.about("frames[\(index)]")
      }
    }
    try append(TunedClip(labels, views: views, crops), isHeldOut: isHeldOut)
  }

  /// Adds normalised pixels [views, T, 3, S, S].
  public func add(
    pixels: UnsafePointer<Float>, views: Int, labels: UnsafeBufferPointer<Int32>, isHeldOut: Bool
  ) throws(Failure) {
    let labels = try checked(labels)
    let clip = try TunedClip(labels, views: views, pixels: pixels, numbersPerView: numbersPerView)
    try append(clip, isHeldOut: isHeldOut)
  }

  /// Ends the present step, or the next one. Any thread may call this.
  public func cancel() { cancellation.want() }

  /// Does one step.
  public func step() throws(Failure) -> Tuner.Report {
    let training = try prepared()
    try cancellation.check()
    return try training.step(of: trained, texts, loss: options.recipe.loss, cancellation)
  }
}
