import ArgumentParser

/// How windows slide over a video.
struct WindowOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How long a window is (default: what the model's file declares, else 2).", valueName: "seconds"))
  var window: Double?

  @Option(
    help: ArgumentHelp("From one window to the next (default: an eighth of a window).", valueName: "seconds"))
  var step: Double?

  func validate() throws {
    try requireSeconds(window, "--window")
    try requireSeconds(step, "--step")
    if let window, let step, step > window {
      throw ValidationError("--step must be at most --window: no window would show what lies between.")
    }
  }

  /// The options that were given, with their values.
  var given: [GivenOption] {
    [GivenOption("--window", window), GivenOption("--step", step)].compactMap { $0 }
  }

  /// - Parameter isLive: whether windows are as in live video.
  func windows(of model: Model, _ resize: Resize?, isLive: Bool) -> StreamedWindows {
    StreamedWindows(model: model, resize: resize, window: window, step: step, isLive: isLive)
  }
}
