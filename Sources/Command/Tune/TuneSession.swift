import CActionCLIP
import Glibc

/// One run of `tune`: reads the lists, the model and the clips, trains, measures, and writes.
struct TuneSession {
  private let command: Tune
  private let start: TuneStart
  private let lists: TuneLists
  private let notes: ModelNotes

  private var model: Model { start.model }
  private var training: TrainingOptions { command.training }

  /// Checks all that can be checked before a clip is read.
  init(_ command: Tune) throws {
    self.command = command
    try Files.requireWritable(command.out)
    try Files.requireRegular(command.out)
    try command.html.map(Files.requireWritableText)
    try Files.requireOwnPlaces(
      [command.out, command.statePath, command.logPath, command.html, command.cache],
      beside: [
        command.listed.list, command.listed.labels, command.oldWords, command.oldLabels, command.heldOutFile,
      ])
    try Files.requireWritable(command.statePath)
    try WrittenFile.model.requireReplaceable(command.out)
    try WrittenFile.state.requireReplaceable(command.statePath, option: "--state")
    if !command.resume, command.statePath.exists {
      throw CommandError(
        "\(command.statePath.shown): is there already, from a run that was stopped: --resume goes on with it; "
          + "to begin anew, remove the state file or name another with --state")
    }
    let source = try ListSource(command.listed.list)
    start = try TuneStart(command.listed.model, command.options, newHead: command.training.newHead)
    let lists = try TuneLists(command, source, for: start.model)
    let names = lists.videos.classes.labels
    // Words that the model never learned are learned by their clips.
    let shown = lists.shownLabels
    notes = try ModelNotes(
      start.model, labels: names.indices.filter { !shown.contains($0) }.map { names[$0] })
    self.lists = lists
    try TuneSession.checkBlocks(training.train, "--train", "image", layers: start.model.info.vision_layers)
    try TuneSession.checkBlocks(training.text, "--text", "text", layers: start.model.info.text_layers)
    let part = training.imagePart(head: start.head)
    guard part != .nothing || training.changesTexts || start.head != Int32(ACTIONCLIP_HEAD_MEANP)
    else {
      throw CommandError(
        "the model's temporal head, MeanP, has nothing to train: give --train projection or more, or a head that "
          + "has, such as --head Transf")
    }
  }

  private static func checkBlocks(
    _ part: TrainedPart?, _ option: String, _ encoder: String, layers: Int32
  ) throws(CommandError) {
    guard case .last(let count)? = part, count > layers else { return }
    throw CommandError("\(option) last:\(count): the model's \(encoder) encoder has \(layers) blocks")
  }

  func run() throws {
    notes.tell()
    for fault in lists.faults { Diagnostics.warning(fault) }
    let shown = lists.shownLabels
    if let label = shown.first, shown.count == 1 {
      throw CommandError(
        "\(command.listed.list.shown): all clips\(lists.heldOut.isEmpty ? "" : " to train on") show "
          + "'\(lists.videos.classes.labels[label])'; training needs two labels or more")
    }
    var failures: [EvalReport.Failure] = []
    let (measure, before) = try readMeasured(&failures)
    let memory = TuneMemory(
      training.maxMemory, measure: measure.bytes, clips: bytesPerClip * Int64(lists.trained.count),
      model: model)
    try memory.explaining(besides: memory.besidesRoom(of: bytesPerClip)) { try requireRoom(memory) }
    let tuner = try tuner(memory: memory.forTraining, cache: command.cache)
    let clips = try memory.explaining { try readClips(into: tuner, &failures) }
    guard !clips.isEmpty else {
      throw CommandError("\(command.listed.list.shown): none of its clips could be read")
    }
    if command.strict, !failures.isEmpty {
      throw CommandError("stopped: \(numbered(failures.count, "clip")) cannot be read (--strict)")
    }
    let info = try memory.explaining { try resumed(tuner) }
    let setting = TuneSetting(command, start, lists, clips: clips, info)
    for line in setting.told + [("memory", memory.text(info))] {
      Diagnostics.note("\(line.name): \(line.value)")
    }
    if let sentence = training.stepsWithoutRate(info.steps_per_epoch) { Diagnostics.warning(sentence) }
    do {
      try train(tuner, info, measure, before, clips, setting, failures)
    } catch {
      if !command.statePath.exists { unlink(command.logPath.cString) }
      throw naming(clips, error)
    }
  }

  /// The options by which videos are opened.
  private var opening: VideoOpening {
    command.listed.folders.opening(command.pictures.decode, threads: command.options.threads)
  }

  /// Prompts of the tuned model; empty: those that the model says. With context vectors it has prompts of its own.
  private var ownTemplates: [String] { training.contexts > 0 ? [] : command.template }

  private func tuner(memory: Int64, cache: FilePath? = nil) throws -> Tuner {
    let options = training.options(
      training.loss(showsAllLabels: lists.showAllLabels), head: start.head, isNew: start.isNewHead,
      frames: Int32(clamping: start.frames), rate: training.encodersRate(model.info), memory: memory)
    return try Tuner(
      model, labels: lists.videos.classes.labels, templates: command.template, cache: cache, options)
  }

  /// Memory that a clip takes: crops of its views' frames; none where it is decoded at each step.
  private var bytesPerClip: Int64 {
    if training.fromFiles { return 0 }
    let side = Int64(model.info.image_size)
    return Int64(training.views) * Int64(start.frames) * 3 * side * side
  }

  /// Throws if training would take too much memory, before clips are read, which may take hours.
  private func requireRoom(_ memory: TuneMemory) throws {
    guard lists.videos.classes.count > 1 else { return }
    func check(_ bytes: Int64) throws {
      let tuner = try tuner(memory: bytes)
      for label in 0..<2 { try tuner.addBlank(label: label, frames: start.frames) }
      _ = try tuner.info()
    }
    // Only the first thing that does not fit is told, so the check is done again with room for it, to tell all.
    let limit = memory.besidesClips + 2 * bytesPerClip
    var (bytes, failure) = (limit, nil as LibraryError?)
    repeat {
      do { try check(bytes) } catch let error as LibraryError {
        failure = error
        guard let more = TuneMemory.lacking(error), more > bytes, more < FreeMemory.bytes ?? 0 else { break }
        bytes = more
        continue
      }
      break
    } while true
    if let failure { throw failure }
  }

  /// Reads the clips that measure, and scores them by the model before training.
  private func readMeasured(
    _ failures: inout [EvalReport.Failure]
  ) throws -> (TuningMeasure, before: TuningMeasure.Scores) {
    func clips(_ name: String, _ rows: [VideoList.Row], _ list: VideoList?, _ frames: Int) throws
      -> MeasuredClips?
    {
      guard let list, !rows.isEmpty else { return nil }
      return try MeasuredClips(
        name, rows, of: list, for: model, frames: frames, command.pictures, opening,
        failures: &failures)
    }
    func measure(_ frames: Int) throws -> TuningMeasure {
      TuningMeasure(
        heldOut: try clips("held-out clips", lists.heldOut, lists.heldOutList, frames),
        oldWords: try clips("clips of old words", lists.oldWords?.rows ?? [], lists.oldWords, frames),
        templates: ownTemplates, textsStay: !training.changesTexts)
    }
    guard start.frames != model.frames else {
      let all = try measure(start.frames)
      return (all, try all.scores(by: model))
    }
    let before = try measure(model.frames).scores(by: model)
    failures = []  // the same clips are read again, with other frames
    return (try measure(start.frames), before)
  }

  /// Adds the clips to train on; returns those that could be read.
  private func readClips(
    into tuner: Tuner, _ failures: inout [EvalReport.Failure]
  ) throws -> [VideoList.Row] {
    var clips: [VideoList.Row] = []
    let rows = lists.trained.filter { !$0.classes.isEmpty }
    var progress = Progress(total: rows.count, of: "clips read", quietSeconds: 10)
    let fatal = [ACTIONCLIP_ERROR_UNAVAILABLE, ACTIONCLIP_ERROR_OUT_OF_MEMORY].map { Int32($0) }
    for row in rows {
      let place = "\(lists.videos.numbering) \(row.number) of \(command.listed.list.shown)"
      let outcome = try row.attempt(in: lists.videos.root, place: place, fatal: fatal) {
        (path) throws(LibraryError) in
        ((), damaged: try add(row, at: path, to: tuner))
      }
      switch outcome {
      case .read: clips.append(row)
      case .failed(let error): failures.append(.init(row: row, error: error))
      }
      progress.step()
    }
    Progress.clear()
    return clips
  }

  /// Adds a clip to train on; returns the number of damaged frames that were met.
  private func add(
    _ row: VideoList.Row, at path: FilePath, to tuner: Tuner
  ) throws(LibraryError) -> Int64 {
    let resize = command.pictures.resize
    if training.fromFiles {
      try tuner.add(
        file: opening.path(path), opening.options(row.frames), in: row.span, labels: row.classes,
        resize: resize)
      return 0
    }
    return try Video.open(path, opening, row.frames) { (video) throws(LibraryError) in
      try tuner.add(video, in: row.span, labels: row.classes, views: training.views, resize: resize)
      return try video.outline().damaged_frames
    }
  }

  /// The tuner's sizes, after it has gone on from the state where there is one.
  private func resumed(_ tuner: Tuner) throws -> actionclip_tuner_info {
    let info = try tuner.info()
    guard command.resume else { return info }
    guard command.statePath.exists else {
      Diagnostics.note("no state at \(command.statePath.shown): begins anew")
      return info
    }
    do { try tuner.load(from: command.statePath) } catch {
      guard error.status == ACTIONCLIP_ERROR_OPTION_CONFLICT else { throw error }
      throw CommandError(
        "\(explanation(of: error, naming: command.statePath.shown)); --resume needs the list, clips, model and "
          + "options that it began with: to begin anew, remove the state file or name another with --state")
    }
    let resumed = try tuner.info()
    Diagnostics.note("going on after step \(resumed.steps) of \(resumed.total_steps)")
    return resumed
  }

  private func train(
    _ tuner: Tuner, _ info: actionclip_tuner_info, _ measure: TuningMeasure, _ before: TuningMeasure.Scores,
    _ clips: [VideoList.Row], _ setting: TuneSetting, _ failures: [EvalReport.Failure]
  ) throws {
    let alpha = training.share
    let log = try TuningLog(command.logPath, keeping: info.steps, alpha: alpha, isTold: command.json)
    let run = TuningRun(
      tuner, info, measure, log, alpha: alpha, state: command.statePath, stop: try StopSignal(),
      measuredEvery: command.measureEvery ?? Int64(max(1, training.epochs / 10)),
      savedEvery: command.saveEvery * 60)
    try run.begin(with: before)
    try run.stoppable { try run.train() }
    // Before the model is measured and written, so that nothing is lost where that fails.
    let unsaved = run.failureOfSaving()
    let report = try run.stoppable { () throws -> TuneReport in
      let tuned = try tuner.model(share: alpha)
      let after = try run.measureAfter(tuned)
      let mixtures = try command.sweep ? sweep(tuner, measure) : []
      try write(tuned, setting)
      return TuneReport(
        title: "\(command.listed.modelName), tuned on \(command.listed.list.shown)",
        setting: setting.all, alpha: alpha, steps: log.steps, points: log.points,
        stepsPerEpoch: info.steps_per_epoch,
        heldOut: .init(measure.heldOut, before: before.heldOut, after: after.heldOut),
        oldWords: .init(measure.oldWords, before: before.oldWords, after: after.oldWords), sweep: mixtures,
        newLabels: lists.newLabels(of: clips),
        cautions: cautions(measure, info, before, after), failures: failures,
        numbering: lists.videos.numbering, written: command.out, notes: notes)
    }
    if command.state != nil {
      if let unsaved { throw unsaved }
    } else {
      unlink(command.statePath.cString)
      unlink(command.logPath.cString)
    }
    try write(report)
  }

  /// Writes the tuned model. Where that fails and the state is gone too, as with the folder of both, the model is written
  /// to the folder of temporary files.
  private func write(_ tuned: Model, _ setting: TuneSetting) throws(CommandError) {
    let contents = ModelContents(
      labels: lists.videos.classes.labels, templates: ownTemplates, notes: setting.notes)
    do { try tuned.save(to: Files.resolved(command.out), contents) } catch {
      let said = explanation(of: error, naming: command.out.shown)
      let state = command.statePath
      if state.exists {
        throw CommandError(
          "\(said); \(state.shown) has what was learned: give the same command with --resume, --state "
            + "\(state.shown) and another --out")
      }
      guard let kept = try? Files.temporaryFolder().file("tuned.safetensors"),
        (try? tuned.save(to: kept, contents)) != nil
      else { throw CommandError(said) }
      throw CommandError("\(said); the tuned model is in \(kept.shown)")
    }
  }

  /// Accuracies at tenths of alpha, and at the one that is written.
  private func sweep(_ tuner: Tuner, _ measure: TuningMeasure) throws -> [TuneReport.Mixture] {
    let shares = Set((0...10).map { Double($0) / 10 } + [training.share])
    return try shares.sorted().map { alpha in
      let (heldOut, oldWords) = try measure.scores(by: tuner.model(share: alpha)).accuracy
      return TuneReport.Mixture(alpha: alpha, heldOut: heldOut, oldWords: oldWords)
    }
  }

  private func cautions(
    _ measure: TuningMeasure, _ info: actionclip_tuner_info, _ before: TuningMeasure.Scores,
    _ after: TuningMeasure.Scores
  ) -> [String] {
    var lines: [String] = []
    if let sentence = training.stepsWithoutRate(info.steps_per_epoch) {
      lines.append(sentence)
    } else if let before = before.heldOut, let after = after.heldOut, !before.isEmpty {
      let rate = "--rate (now " + formatted("%g", training.encodersRate(model.info)) + ")"
      let top1 = Accuracy(before).top1.value
      if zip(before, after).allSatisfy({ $0.best(1) == $1.best(1) }) {
        lines.append("No held-out answer changed: a larger \(rate) or --sweep may show more.")
      } else if top1 < 1, Accuracy(after).top1.value <= top1 {
        lines.append(
          "Held-out clips are not right more often than before: another \(rate), more clips or --sweep may show more."
        )
      }
    }
    if measure.heldOut == nil {
      lines.append(
        "No clip was held out, so it is not known how well the model does on clips that it did not see: "
          + "give more clips of each label, or --held-out LIST.")
    }
    let others = lists.known - lists.shownLabels.count { $0 < lists.known }
    if measure.oldWords == nil, others > 0 {
      lines.append(
        "Not measured: what is forgotten of the \(others == 1 ? "other label" : "other \(others) labels"). "
          + "Give clips of \(others == 1 ? "it" : "them") by --old-words LIST.")
    }
    return lines
  }

  private func write(_ report: TuneReport) throws {
    if let html = command.html {
      let encoder = VideoEncoder(
        model: model, resize: command.pictures.resize, views: .single, opening: opening)
      try Files.replace(html, with: Array(TunePage(report: report, encoder: encoder).text.utf8))
    }
    try Output().line(command.json ? report.json.text : report.text(on: Terminal.standardOutput()))
  }

  /// The error with clips called by their paths, in place of the library's numbers for them.
  private func naming(_ clips: [VideoList.Row], _ error: any Error) -> any Error {
    guard let error = error as? LibraryError, error.status == ACTIONCLIP_ERROR_NOT_FINITE else {
      return error
    }
    let said = error.message.replacing(/\bclip ([0-9]+)/) { found in
      Int(found.1).flatMap { clips.indices.contains($0) ? clips[$0].shown : nil } ?? String(found.0)
    }
    return LibraryError(status: error.status, message: said)
  }
}
