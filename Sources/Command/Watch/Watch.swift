import ArgumentParser
import CActionCLIP
import Glibc

struct Watch: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Tell what happens, while it happens.",
    discussion: """
      The source is a camera (/dev/video0), a video file at its real pace, or - for standard input, which has a YUV4MPEG2 \
      stream or, with --raw, pixels. Everything else comes through FFmpeg: \
      ffmpeg -i ADDRESS -pix_fmt yuv420p -f yuv4mpegpipe - | actionclip watch -
      On a terminal each label has a bar. Elsewhere, or with --json, each event is a line: event (started, updated, ended), \
      label, number (the same in all lines of an event), start, end, decided, peak, peak_time and mean, in seconds since the \
      first frame. The first line names the labels (event: labels), and so does one wherever others are taken: when the file \
      of --labels is changed, or at SIGHUP. SIGINT and SIGTERM end the stream, and what is open ends in it; a second one ends \
      at once, and one before the first frame ends with status 130 or 143. A camera, and a file at its real pace, drop the frames that they have no time for; standard error says how many.
      """)

  @Argument(help: ArgumentHelp("A camera, a video file, or -.", valueName: "source"))
  var source: FilePath

  @Option(
    help: ArgumentHelp(
      "Standard input has nothing but pixels: nv12:1280x720@30, by any program's name of the format.",
      valueName: "format:size@rate"),
    transform: RawDescription.init(parsing:))
  var raw: RawDescription?

  @OptionGroup
  var pictures: SourceOptions

  @Option(help: .model)
  var model: FilePath?

  @OptionGroup
  var candidates: LabelOptions

  @OptionGroup(title: "Windows")
  var windowing: StreamOptions

  @OptionGroup(title: "Events")
  var live: LiveEventOptions

  @OptionGroup(title: "Events")
  var events: EventOptions

  @OptionGroup(title: "Events")
  var none: NoneLabel

  @OptionGroup
  var scoring: ScoringOptions

  @Flag(help: "Write the scores of every window too, as event: window.")
  var windows = false

  @Flag(help: "Write lines of JSON to a terminal too.")
  var json = false

  @OptionGroup(title: "Model options")
  var options: ModelOptions

  private var isPipe: Bool { source.isStandardInput }

  func validate() throws {
    try scoring.refuse(candidates)
    if live.mode == .independent, events.margin != nil {
      throw ValidationError("--margin is for --mode exclusive: independent labels do not compete.")
    }
    if raw != nil, !isPipe { throw ValidationError("--raw is for standard input: give - as the source.") }
    if scoring.decode != .needed, isPipe || CameraFrames.isCamera(source) {
      throw ValidationError(
        "--decode is for video files: all frames of \(isPipe ? "a pipe" : "a camera") are taken.")
    }
    try pictures.refuse(isPipe ? .pipe : CameraFrames.isCamera(source) ? .camera : .file)
  }

  func run() throws {
    // The first file opened below would take the number of a standard input that is closed.
    if isPipe, fcntl(STDIN_FILENO, F_GETFD) < 0 { throw CommandError.system("standard input") }
    let stop = try StopRequest()
    let signals = try Signals(stop: stop, rereads: candidates.labels != nil)
    let descriptions = try scoring.prompts.readDescriptions()
    // Before the labels are read, so that no change after that is missed.
    let labelFile = candidates.labels.map(LabelFile.init)
    let labels = try candidates.given()
    let frames = try open(until: stop)
    let model = try options.load(model)
    let tracking = try track(labels, descriptions, with: model)
    let isPaced = pictures.pace == .real || pictures.pace == nil && !isPipe && !frames.isLive
    let overflow = pictures.overflow ?? (frames.isLive || isPaced ? .latest : .wait)
    let stream = try FrameStream(model, windowing.options(overflow: overflow.code), resize: scoring.resize)
    if frames.isLive { Diagnostics.note("\(frames.name): \(frames.summary)") }

    let reader = Reader(frames, into: stream, isPaced: isPaced, until: stop)
    let onTerminal = isatty(STDOUT_FILENO) == 1 && !json
    var loop = WatchLoop(
      stream, reader, signals, tracking, onTerminal ? LiveView() : EventLines(windows: windows),
      labelFile: labelFile)
    try reader.start()
    signals.frames()
    do {
      try loop.run()
    } catch {
      stop.ask()
      stream.cancel()
      _ = reader.join()
      throw error
    }
    if let failure = reader.join() { throw CommandError(failure) }
  }

  private func open(until stop: StopRequest) throws -> any FrameSource {
    if isPipe {
      guard isatty(STDIN_FILENO) == 0 else {
        throw CommandError(
          "standard input is a terminal: give it a stream: ffmpeg -i INPUT -pix_fmt yuv420p -f yuv4mpegpipe - | actionclip watch -"
        )
      }
      if let raw { return try PipedFrames(raw: raw, until: stop, rate: pictures.rate, pictures.colours) }
      return try PipedFrames(y4mUntil: stop, rate: pictures.rate, pictures.colours)
    }
    if CameraFrames.isCamera(source) { return try CameraFrames(source, pictures.wish(), until: stop) }
    if !source.exists, source.shown.wholeMatch(of: /[0-9]+/) != nil {
      throw CommandError(
        "\(source.shown): there is no such file; did you mean the camera /dev/video\(source.shown)?")
    }
    if source.shown.contains("://") {
      throw CommandError(
        "\(source.shown): addresses are for FFmpeg: ffmpeg -i ADDRESS -pix_fmt yuv420p -f yuv4mpegpipe - | actionclip watch -"
      )
    }
    return try VideoFileFrames(source, threads: options.threads ?? 0, decode: scoring.decode, until: stop)
  }

  /// The labels with what scores them, after the notes about them.
  private func track(
    _ given: [String], _ descriptions: Descriptions?, with model: Model
  ) throws -> LabelTracking {
    let taught = try scoring.readClassifier(for: model)
    let wordLabels: [String]
    let count: Int
    let classifier: Classifier
    if let taught {
      let scorer = try LabelScorer(taught)
      (classifier, wordLabels, count) = (taught, scorer.wordLabels, scorer.labels.count)
    } else {
      wordLabels = try candidates.names(for: model, descriptions, given: given)
      count = wordLabels.count
      classifier =
        try descriptions.map { try Classifier(model, labels: wordLabels, $0) }
        ?? Classifier(model, labels: wordLabels, templates: scoring.prompts.template)
    }
    try ModelNotes(model, labels: wordLabels, of: count).tell()
    let tracking = try LabelTracking(
      classifier, of: model, isTaught: taught != nil, scale: scoring.scale ?? 0,
      TrackingOptions(none: none, events: events, live: live))
    for note in tracking.notes { Diagnostics.warning(note) }
    return tracking
  }
}
