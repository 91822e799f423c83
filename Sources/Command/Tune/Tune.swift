import ArgumentParser
import CActionCLIP
import Glibc

struct Tune: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune",
    abstract: "Fine-tune a model on your own clips.",
    discussion: """
      The list is read as eval reads it: clips with their labels, or parts of long recordings. Its labels are added to \
      those of --labels, else to the model's own. A part of the clips is held out: it is measured before training, \
      during it and after, and nothing is chosen by it.
      The model that is written is a mixture of the weights before training and after (--alpha): so it forgets less. \
      --old-words tells how much, by clips of words that the model knew before.
      The first Ctrl-C saves the state beside the model and ends; --resume goes on, and gives the same file as a run \
      in one go. A second Ctrl-C ends at once.
      The model is loaded and written in fp32; --compute can be nothing else. With a --head other than its own, a new \
      head is put in and trained from its beginning.
      A clip that cannot be read is reported and left out. A few clips of a new action are often learned better by \
      actionclip adapt, which leaves the model as it is. docs/TUNE.md has more.
      """)

  @OptionGroup
  var listed: LabelledVideos

  @OptionGroup
  var knowing: KnownLabels

  @Option(help: ArgumentHelp("Write the tuned model.", valueName: "path"))
  var out: FilePath

  @Flag(help: "Rows have any number of labels.")
  var multiLabel = false

  @Option(
    help: ArgumentHelp(
      "Clips that measure: a list of their own, the share of the list's clips that is held out (all clips of a video on one side; 0: none), or with --split train a split of the same list, such as val (default: 0.2).",
      valueName: "list, share or split"), transform: HeldOut.init(argument:))
  var heldOut = HeldOut.usual

  @Option(
    help: ArgumentHelp(
      "A list of clips, not of words, that show what the model knew before: they tell what it forgets. It is read as eval reads it.",
      valueName: "list"))
  var oldWords: FilePath?

  @Option(
    help: ArgumentHelp(
      "A file of the labels of --old-words (default: the list's, if its form names them, else the model's own).",
      valueName: "path"))
  var oldLabels: FilePath?

  @OptionGroup(title: "Training")
  var training: TrainingOptions

  @Option(
    help: ArgumentHelp(
      "A prompt with one {} for the label; repeat it for more (default: the model's own, else the reference's 16).",
      valueName: "text"), transform: Arguments.text)
  var template: [String] = []

  @OptionGroup
  var pictures: PictureOptions

  @Option(
    help: ArgumentHelp(
      "Epochs from one measurement to the next (default: a tenth of --epochs).", valueName: "epochs"))
  var measureEvery: Int64?

  @Flag(help: "Measure mixtures from alpha 0 to 1 at the end, too.")
  var sweep = false

  @Option(
    help: ArgumentHelp(
      "A file that keeps what training does not change of the clips, in place of memory; it is used again by later runs with the same clips and parts.",
      valueName: "path"))
  var cache: FilePath?

  @Option(
    help: ArgumentHelp(
      "Where the state of training is kept (default: the model's path and .state, which goes away at the end).",
      valueName: "path"))
  var state: FilePath?

  @Option(help: ArgumentHelp("Minutes from one saving of the state to the next.", valueName: "minutes"))
  var saveEvery = 5.0

  @Flag(help: "Go on from the state; begin if it is not there.")
  var resume = false

  @Option(help: ArgumentHelp("Write the report as a page for a browser.", valueName: "path"))
  var html: FilePath?

  @Flag(help: "Write each step, each measurement and the report as a JSON object on a line.")
  var json = false

  @Flag(help: "End with status 1 before training if any clip cannot be read.")
  var strict = false

  @OptionGroup(title: "Model options")
  var options: ModelOptions

  func validate() throws {
    try knowing.check(listed.labels)
    if oldLabels != nil, oldWords == nil {
      throw ValidationError(
        "--old-labels needs --old-words LIST: what is forgotten is measured by clips, labels alone tell nothing."
      )
    }
    if training.newHead, options.head == nil {
      throw ValidationError("--new-head needs --head, which says the temporal head that begins anew.")
    }
    if let measureEvery, measureEvery < 1 { throw ValidationError("--measure-every must be 1 or more.") }
    guard saveEvery > 0, saveEvery <= 1e6 else {
      throw ValidationError("--save-every must be above 0 and at most 1000000 minutes.")
    }
  }

  func run() throws {
    let session = try TuneSession(self)
    try session.run()
  }

  /// Where the state of training is kept.
  var statePath: FilePath { state ?? FilePath(bytes: out.bytes + Array(".state".utf8)) }

  /// The file of held-out clips, if they have one.
  var heldOutFile: FilePath? {
    guard case .list(let path) = heldOut else { return nil }
    return path
  }

  /// Where the log of training is kept, beside its state.
  var logPath: FilePath { FilePath(bytes: statePath.bytes + Array(".log".utf8)) }
}
