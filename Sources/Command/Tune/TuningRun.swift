import CActionCLIP

/// The steps of training, with what lies between them: measurements, and saving the state.
final class TuningRun {
  private let tuner: Tuner
  private let info: actionclip_tuner_info
  private let measure: TuningMeasure
  private let log: TuningLog
  private let alpha: Double
  private let state: FilePath
  private let stop: StopSignal
  /// Epochs from one measurement to the next.
  private let interval: Int64
  /// Nanoseconds from one saving of the state to the next.
  private let savingInterval: Int64
  private var progress: TuningProgress
  private var saved = Clock.now
  /// Steps done.
  private var step: Int64

  init(
    _ tuner: Tuner, _ info: actionclip_tuner_info, _ measure: TuningMeasure, _ log: TuningLog, alpha: Double,
    state: FilePath, stop: StopSignal, measuredEvery interval: Int64, savedEvery seconds: Double
  ) {
    (self.tuner, self.info, self.measure, self.log, self.alpha) = (tuner, info, measure, log, alpha)
    (self.state, self.stop, self.interval) = (state, stop, interval)
    savingInterval = Int64(seconds * 1e9)
    step = info.steps
    progress = TuningProgress(
      total: info.total_steps, stepsPerEpoch: info.steps_per_epoch, done: info.steps)
  }

  /// Begins with the scores of the model before training.
  func begin(with before: TuningMeasure.Scores) throws {
    try add(TuningLog.Point(afterStep: 0, alpha: alpha, before))
  }

  /// Takes the steps that are left.
  func train() throws {
    for point in log.points where point.afterStep > 0 { progress.measured(point) }
    while step < info.total_steps {
      if isMeasured(after: step) { try add(point(after: step)) }
      if Clock.now - saved >= savingInterval, step > 0 { try save() }
      let result = try tuner.step()
      try log.add(result)
      if let last = log.steps.last { progress.step(last) }
      step = result.step
    }
    Progress.clear()
  }

  /// Runs `body`. A stop that is asked for meanwhile saves the state and ends the process.
  func stoppable<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as LibraryError
      where error.status == ACTIONCLIP_ERROR_CANCELLED && stop.isAsked
    { try leave() }
  }

  /// Measures the tuned model.
  func measureAfter(_ model: Model) throws -> TuningMeasure.Scores {
    let scores = try measure.scores(by: model)
    try add(TuningLog.Point(afterStep: info.total_steps, alpha: alpha, scores))
    return scores
  }

  private func isMeasured(after step: Int64) -> Bool {
    guard step > 0, step % info.steps_per_epoch == 0, !measure.isEmpty else { return false }
    return (step / info.steps_per_epoch) % interval == 0 && !log.hasPoint(afterStep: step)
  }

  private func point(after step: Int64) throws -> TuningLog.Point {
    TuningLog.Point(
      afterStep: step, alpha: alpha, try measure.scores(by: tuner.model(share: alpha)))
  }

  private func add(_ point: TuningLog.Point) throws {
    guard !measure.isEmpty else { return }
    if !log.hasPoint(afterStep: point.afterStep) { try log.add(point) }
    progress.measured(point)
  }

  /// Saves the state; returns why that failed.
  func failureOfSaving() -> (any Error)? {
    do { try save() } catch { return error }
    return nil
  }

  private func save() throws {
    try tuner.save(to: state)
    saved = Clock.now
  }

  /// Saves the state and ends the process by the signal that asked for it.
  private func leave() throws -> Never {
    try stop.letCallsRun()
    Progress.clear()
    if step > 0 { try save() }
    Diagnostics.note(
      step > 0
        ? "stopped after step \(step) of \(info.total_steps); \(state.shown) has what was learned: "
          + "go on by the same command with --resume"
        : "stopped before the first step was done; nothing is saved")
    stop.end()
  }
}
