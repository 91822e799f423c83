import ArgumentParser
import CActionCLIP

/// Options of training: the parts of the model, the recipe and the draws.
struct TrainingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What is trained of the image encoder, besides the temporal head: head (the head alone), projection, last:N (the projection and the last N blocks) or everything (default: head, or projection where the head has nothing to train).",
      valueName: "part"), transform: TrainedPart.ofImage)
  var train: TrainedPart?

  @Option(
    help: ArgumentHelp(
      "What is trained of the text encoder: nothing, projection, last:N or everything (default: everything with --train everything, else nothing).",
      valueName: "part"), transform: TrainedPart.ofText)
  var text: TrainedPart?

  @Flag(help: "Begin the temporal head anew, also where the model's file has the one that --head names.")
  var newHead = false

  @Option(
    help:
      "anchored keeps training near the model that it begins with; reference is the released trainer, quirks included."
  )
  var recipe = Recipe.anchored

  @Option(
    help:
      "multi-positive is the paper's loss of a batch; cross-entropy takes every clip against all labels (default: cross-entropy where the clips show a part of the labels alone, else multi-positive, as with --recipe reference)."
  )
  var loss: Loss?

  @Option(help: "How often training goes through all clips, 1 to 100000.")
  var epochs: Int32 = 50

  @Option(help: "Clips a step, 1 to 65536; fewer if there are fewer clips.")
  var batch: Int32 = 32

  @Option(
    help:
      "The encoders' learning rate, above 0 to 1 (default: 5e-6; with --recipe anchored more for encoders narrower than ViT-B's 768, in proportion)."
  )
  var rate: Double?

  @Option(
    help: ArgumentHelp(
      "The head's learning rate, as a multiple of --rate (default: 10).", valueName: "factor"))
  var headRate: Double?

  @Option(
    help: ArgumentHelp(
      "Epochs in which the rate rises from 0 (default: 5, or all if there are fewer).", valueName: "epochs"))
  var warmUp: Double?

  @Option(help: ArgumentHelp("Weight decay, 0 to 10 (default: 0.2).", valueName: "factor"))
  var decay: Double?

  @Option(
    help: ArgumentHelp(
      "How strongly weights are pulled towards those before training; 0: not at all (default: 0).",
      valueName: "factor"))
  var anchor: Double?

  @Option(
    help: ArgumentHelp(
      "Learn so many vectors in place of the words before the label in prompts (CoOp); 0: none.",
      valueName: "count"))
  var contexts: Int32 = 0

  @Option(
    help: ArgumentHelp(
      "The rate of these vectors, as a multiple of --rate (default: 1000).", valueName: "factor"))
  var contextRate: Double?

  @Option(
    help: ArgumentHelp(
      "Make models of an exponential mean of the weights over the steps, with this decay, such as 0.99; 0: of the latest weights (default: 0).",
      valueName: "0 to 1"))
  var meanDecay: Double?

  @Option(
    help: ArgumentHelp(
      "The share of numbers that the temporal head Transf_cls drops by chance at each step, 0 to 0.9 (default: 0, with --recipe reference 0.1).",
      valueName: "share"))
  var headDropout: Double?

  @Option(
    help: ArgumentHelp(
      "The precision of the encoders' products in training: fp32, or bf16, which is faster where the processor has it.",
      valueName: "type"))
  var trainCompute = TrainingPrecision.fp32

  @Option(help: "The number that every draw follows from: the order of clips, their views and texts.")
  var seed: UInt64 = 0

  @Option(
    help: "Views of each clip along its time, 1 to 100; each step draws one of them. They are kept in memory."
  )
  var views: Int32 = 1

  @Option(
    help:
      "How crops are drawn anew at each step: none, flip (places, sizes and mirror images), reference (with colours, as the released trainer) or reference-k400 (with RandAugment, as it does for Kinetics-400)."
  )
  var augment = Augmentation.none

  @Option(
    help:
      "Which clips --augment mirrors: unless-sided leaves out labels with words such as left or clockwise.")
  var mirror = Mirroring.unlessSided

  @Flag(help: "Draw frames anew at each step, one from each part of a clip, as the reference does.")
  var jitter = false

  @Flag(help: "Decode clips at each step, instead of keeping their pictures in memory.")
  var fromFiles = false

  @Option(
    help: ArgumentHelp(
      "The share of the tuned weights in the model that is written; the rest is the model before (default: 0.5, with --recipe reference 1).",
      valueName: "0 to 1"))
  var alpha: Double?

  @Option(
    help: ArgumentHelp(
      "The most memory that training may take, such as 4G or 800M (default: what is free).", valueName: "size"
    ), transform: MemorySize.init(argument:))
  var maxMemory: MemorySize?

  func validate() throws {
    func require(_ isRight: Bool, _ message: String) throws {
      if !isRight { throw ValidationError(message) }
    }
    func require(_ value: Double?, _ range: ClosedRange<Double>, _ message: String) throws {
      try require(value.map(range.contains) ?? true, message)
    }
    try require((1...100_000).contains(epochs), "--epochs must be 1 to 100000.")
    try require((1...65536).contains(batch), "--batch must be 1 to 65536.")
    try require(rate, Double.leastNormalMagnitude...1, "--rate must be above 0 and at most 1.")
    try require(headRate, 0...1e6, "--head-rate must be 0 to 1000000.")
    try require(warmUp, 0...Double(epochs), "--warm-up must be 0 to --epochs, which is \(epochs).")
    try require(decay, 0...10, "--decay must be 0 to 10.")
    try require(anchor, 0...1e6, "--anchor must be 0 to 1000000.")
    try require((0...1000).contains(contexts), "--contexts must be 0 to 1000.")
    try require(contextRate == nil || contexts > 0, "--context-rate needs --contexts COUNT.")
    try require(contextRate, 0...1e6, "--context-rate must be 0 to 1000000.")
    try require(meanDecay, 0...1.0.nextDown, "--mean-decay must be 0 to below 1.")
    try require(headDropout, 0...0.9, "--head-dropout must be 0 to 0.9.")
    try require((1...100).contains(views), "--views must be 1 to 100.")
    try require(
      !fromFiles || views == 1, "Give --from-files or --views, not both: with --jitter it has all frames.")
    try require(mirror == .unlessSided || augment != .none, "--mirror needs --augment.")
    try require(alpha, 0...1, "--alpha must be 0 to 1.")
  }

  /// A sentence where every step would have the rate 0: in the first epoch's first steps the warm-up has not begun.
  /// - Parameter steps: steps in an epoch.
  func stepsWithoutRate(_ steps: Int64) -> String? {
    guard epochs == 1, warmUp ?? 1 > 0, steps < (recipe == .reference ? 10 : 2) else { return nil }
    return (steps == 1 ? "The only step has the rate 0" : "All \(steps) steps have the rate 0")
      + ", from which the warm-up rises, so nothing is learned: give --warm-up 0 or more --epochs."
  }

  /// The encoders' rate. The recipes' is that of ViT-B, 768 wide. Narrower encoders need more of AdamW's steps, in proportion
  /// (arXiv 2203.03466), and get it but where the released trainer is followed.
  func encodersRate(_ model: actionclip_model_info) -> Double {
    let narrower = 768 / Double(max(1, model.vision_width))
    return rate ?? 5e-6 * (recipe == .reference ? 1 : max(1, narrower))
  }

  var share: Double { alpha ?? recipe.alpha }

  /// The part of the image encoder that is trained, with a temporal head ACTIONCLIP_HEAD_*.
  func imagePart(head: Int32) -> TrainedPart {
    train ?? (head == Int32(ACTIONCLIP_HEAD_MEANP) ? .projection : .nothing)
  }

  /// The part of the text encoder that is trained.
  var textPart: TrainedPart { text ?? (train == .everything ? .everything : .nothing) }

  /// Whether label texts have other embeddings in the tuned model.
  var changesTexts: Bool { textPart != .nothing || contexts > 0 }

  /// The loss, where clips to train on show some or all of the labels that the model shall know. Among a few labels of many
  /// the paper's loss has little to tell apart: it compares the clips of a batch with each other's texts alone.
  func loss(showsAllLabels: Bool) -> Loss {
    loss ?? (recipe == .reference || showsAllLabels ? .multiPositive : .crossEntropy)
  }

  /// The library's options.
  /// - Parameters:
  ///   - loss: an answer of `loss(showsAllLabels:)`.
  ///   - head: the temporal head of the tuned model.
  ///   - isNew: whether it begins anew.
  ///   - frames: T of a new head; nil: the model's.
  ///   - rate: an answer of `encodersRate`.
  ///   - memory: bytes that the tuner may take.
  func options(_ loss: Loss, head: Int32, isNew: Bool, frames: Int32?, rate: Double, memory: Int64)
    -> actionclip_tuner_options
  {
    var options = Tuner.defaultOptions
    options.recipe = recipe.code
    options.loss = loss.code
    (options.vision, options.vision_blocks) = imagePart(head: head).code
    (options.text, options.text_blocks) = textPart.code
    if isNew {
      options.new_head = head
      options.frames = frames ?? 0
    }
    (options.epochs, options.batch, options.seed) = (epochs, batch, seed)
    options.rate = rate
    if let headRate { options.head_rate_factor = headRate }
    if let warmUp { options.warm_up_epochs = warmUp }
    if let decay { options.weight_decay = decay }
    if let anchor { options.anchor = anchor }
    options.contexts = contexts
    if let contextRate { options.context_rate_factor = contextRate }
    if let meanDecay { options.mean_decay = meanDecay }
    if let headDropout { options.head_dropout = headDropout }
    (options.augment, options.mirror) = (augment.code, mirror.code)
    options.jitter = Switch(jitter).code
    options.compute_type = trainCompute.code
    options.max_memory = memory
    return options
  }
}
