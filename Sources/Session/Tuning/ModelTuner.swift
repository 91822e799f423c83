import Model
import Numerics
import System
import TensorNames
import Training
import Weights

/// Trains a copy of a loaded model on a caller's clips. Clips and texts are added first; the first use of the copy makes
/// it, and ends that. One thread at a time may call it, except for `cancel`.
public final class ModelTuner {
  public let loaded: LoadedModel
  let options: TuningOptions
  /// The network that training begins with: the model's, with a new head and context vectors where they are wanted.
  /// Nil once it is copied and its new head is of no more use; the seed makes the same one again.
  private var start: ActionCLIP?
  /// The configuration of that network.
  let configuration: Configuration
  var texts: TuningTexts
  /// The context vectors that are trained; nil: none.
  let context: TunedContext?
  let sidedLabels: SidedLabels
  let trained = TunedClips()
  let heldOut = TunedClips()
  let cancellation: TunerCancellation
  var training: TunerTraining?
  /// The file that keeps what no training changes of clips, once a copy has asked for it.
  var cache: Tuner.CacheFile?

  public init(
    _ loaded: LoadedModel, labels: TextList, templates: TextList, _ options: TuningOptions
  ) throws(Failure) {
    guard loaded.configuration.temporalView == 0 else {
      throw .unsupported("models whose frames attend to their neighbours' tokens cannot be trained")
    }
    guard !loaded.configuration.isXCLIPs else {
      throw .unsupported("X-CLIP's parts have no gradients here, so the model cannot be trained")
    }
    guard !loaded.configuration.hasPromptTokens else {
      throw .unsupported("models with learned tokens (VPT) cannot be trained")
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
    let start = try ModelTuner.start(loaded, options, context)
    (self.start, configuration, numbersPerFrame) = (start, start.configuration, start.pixelsPerFrame)
    texts = try TuningTexts(
      loaded, contextVectors: configuration.contextVectors, labels: labels, templates: templates,
      truncate: options.truncate)
    sidedLabels = try SidedLabels(labels)
  }

  /// The network that training begins with.
  private static func start(
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
    network.share(model) { name in
      !(options.newHead != nil && name.hasPrefix(TensorNames.Head.prefix)) && name != TensorNames.Text.context
    }
    return try model.remade(from: tensors, network)
  }

  /// The network that training begins with.
  func begin() throws(Failure) -> ActionCLIP {
    if let start { return start }
    let made = try ModelTuner.start(loaded, options, context)
    start = made
    return made
  }

  /// Notes that the network is copied.
  func forgetStart() { if options.newHead != nil, context == nil { start = nil } }

  /// The model that tuned weights are mixed with: all that it lacks starts anew.
  func origin() throws(Failure) -> ActionCLIP { context == nil ? loaded.model : try begin() }

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
  /// Floats of one frame, 3·S·S, and of one view.
  public let numbersPerFrame: Int
  public var numbersPerView: Int { numbersPerFrame * frames }
  public var frames: Int { configuration.frames }

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
    try checkRoom(texts.bytesOfOne)
    try texts.add(text, label: label, loaded, truncate: options.truncate)
    sidedLabels.note(text, of: label)
  }

  /// The most labels that a clip may have.
  private static let mostLabels = 256

  /// Checks and copies a clip's labels.
  func checked(
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
  func checkRoom(_ more: Int) throws(Failure) {
    let (needed, overflow) = clipBytes.addingReportingOverflow(more)
    try ModelTuner.check(overflow ? Int.max : needed, "clips and texts", options)
  }

  private static func check(
    _ needed: Int, _ what: StaticString, _ options: TuningOptions
  ) throws(Failure) {
    guard let limit = options.memoryLimit, needed > limit else { return }
    throw .outOfMemory("\(needed) bytes of \(what); max_memory is \(limit)")
  }

  /// Ends the present step or making of the copy, or the next step. Any thread may call this.
  public func cancel() { cancellation.want() }

  /// Does one step. Throws `cancelled`, with nothing changed, if `cancel` was called.
  public func step() throws(Failure) -> Tuner.Report {
    try cancellation.check()
    let training = try prepared()
    return try cancellation.whileAllowed { () throws(Failure) in
      try training.step(of: trained, texts, loss: options.recipe.loss)
    }
  }
}
