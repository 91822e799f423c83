import CGuest
import Model
import Numerics
import Preprocess
import System
import TensorNames
import Training
import Video
import Weights

/// Trains a copy of a loaded model on a caller's clips. Clips and texts are added first; the first use of the copy makes
/// it, and ends that. One thread at a time may call it, except for `cancel`.
public final class ModelTuner {
  public let loaded: LoadedModel
  let options: TuningOptions
  /// The model's network, with a new head if one is wanted, that training begins with.
  let base: ActionCLIP
  var texts: TuningTexts
  /// The context vectors that are trained; nil: none.
  let context: TunedContext?
  let trained = TunedClips()
  let heldOut = TunedClips()
  private let cancellation: TunerCancellation
  var training: TunerTraining?

  public init(
    _ loaded: LoadedModel, labels: TextList, templates: TextList, _ options: TuningOptions
  ) throws(Failure) {
    guard loaded.configuration.temporalView == 0 else {
      throw .unsupported("models whose frames attend to their neighbours' tokens cannot be trained")
    }
    self.loaded = loaded
    self.options = options
    cancellation = try TunerCancellation()
    context =
      options.contexts == 0
      ? nil
      : try TunedContext(loaded, count: options.contexts, templates: templates, seed: options.seed)
    let templates = context?.templates ?? templates
    try ModelTuner.check(
      TuningTexts.bytes(
        labels: labels.count, templates: templates.count, length: loaded.configuration.contextLength),
      "texts", options)
    base = try ModelTuner.base(loaded, options, context)
    texts = try TuningTexts(
      loaded, contextVectors: base.configuration.contextVectors, labels: labels, templates: templates,
      truncate: options.truncate)
  }

  /// The network that training begins with.
  private static func base(
    _ loaded: LoadedModel, _ options: TuningOptions, _ context: TunedContext?
  ) throws(Failure) -> ActionCLIP {
    let model = loaded.model
    var network = loaded.network(precision: model.precision)
    var tensors: any TensorSource = MixedTensors(model)
    if let head = options.newHead {
      let frames = options.frames ?? model.configuration.frames
      (network.head, network.frames) = (head, frames)
      tensors = try StartedHead(model, head, frames: frames, seed: options.seed)
    }
    if let numbers = context?.numbers {
      tensors = StartedContext(tensors, numbers, width: model.configuration.textWidth)
    } else if options.newHead == nil {
      return model
    }
    return try model.remade(from: tensors, network)
  }

  /// Beginnings of the names of parameters that start anew.
  var started: [String] {
    (options.newHead == nil ? [] : [TensorNames.Head.prefix])
      + (context?.isFromWords == false ? [TensorNames.Text.context] : [])
  }

  public var labelCount: Int { texts.labels.count }
  public var labels: TextList { texts.labels }
  public var trainedCount: Int { trained.count }
  public var heldOutCount: Int { heldOut.count }
  /// Bytes of clips and texts.
  public var clipBytes: Int { texts.bytes + trained.bytes + heldOut.bytes }
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
    try checkRoom(4 * texts.contextLength)
    try texts.add(text, label: label, loaded, truncate: options.truncate)
  }

  /// The most labels that a clip may have.
  private static let mostLabels = 256

  /// Checks and copies a clip's labels.
  private func checked(
    _ labels: UnsafeBufferPointer<Int32>
  ) throws(Failure) -> GrowingArray<Int32> {
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
    var sorted = GrowingArray<Int32>()
    try sorted.append(contentsOf: labels)
    sorted.buffer.heapSort(by: <)
    return sorted
  }

  /// Throws if clips and texts of `more` bytes would be above the caller's limit. Called before the memory is taken.
  private func checkRoom(_ more: Int) throws(Failure) {
    let (needed, overflow) = clipBytes.addingReportingOverflow(more)
    try ModelTuner.check(overflow ? Int.max : needed, "clips and texts", options)
  }

  private static func check(
    _ needed: Int, _ what: StaticString, _ options: TuningOptions
  ) throws(Failure) {
    guard let limit = options.memoryLimit, needed > limit else { return }
    throw .outOfMemory("\(needed) bytes of \(what); max_memory is \(limit)")
  }

  private func append(_ clip: TunedClip, isHeldOut: Bool) throws(Failure) {
    // If memory was refused, parts of the clip lie in CGuest's reserve, which the call must give back.
    guard cguest_memory_was_refused() == 0 else { throw .outOfMemory("a clip") }
    try (isHeldOut ? heldOut : trained).append(clip)
  }

  /// Adds a part of a video, whose frames are spread over `views` views.
  public func add(
    _ file: VideoFile, in span: TimeSpan, views: Int, _ options: PreprocessOptions,
    labels: UnsafeBufferPointer<Int32>, isHeldOut: Bool
  ) throws(Failure) {
    let labels = try checked(labels)
    let count = try product([views, frames], "views")
    try checkRoom(product([count, base.pixelsPerFrame], "views"))
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
    try checkRoom(product([pictures.count, base.pixelsPerFrame], "frames"))
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
    try checkRoom(product([views, numbersPerView, 4], "pixels"))
    let clip = try TunedClip(labels, views: views, pixels: pixels, numbersPerView: numbersPerView)
    try append(clip, isHeldOut: isHeldOut)
  }

  /// Ends the present step, or the next one. Any thread may call this.
  public func cancel() { cancellation.want() }

  /// Does one step. Throws `cancelled`, with nothing changed, if `cancel` was called.
  public func step() throws(Failure) -> Tuner.Report {
    try cancellation.whileAllowed { () throws(Failure) in
      try prepared().step(of: trained, texts, loss: options.recipe.loss)
    }
  }
}
