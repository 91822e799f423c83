import CActionCLIP

/// One run of `embed`: threads decode and encode videos, and this thread writes their rows in the order of their paths.
/// So the archive is the same for any number of threads.
struct EmbedSession {
  private let command: Embed
  private let folder: ArchiveFolder

  init(_ command: Embed) { (self.command, folder) = (command, ArchiveFolder(path: command.out)) }

  private var isPruning: Bool { command.prune || command.pruneAll }

  func run() throws -> EmbedReport {
    let given = try EmbeddedPaths(
      command.paths, list: command.list, root: command.root, part: command.shard)
    let canBeEmpty = command.shard != nil || (isPruning && folder.exists(ArchiveFolder.manifest))
    guard !given.videos.isEmpty || !given.failures.isEmpty || canBeEmpty else {
      let places = command.paths.map(\.shown).joined(separator: ", ")
      throw CommandError(
        "no video was found in \(places)\(given.others > 0 ? ": no name of a file is a video's" : "")")
    }
    let lock = try ArchiveLock(folder)
    guard lock.mark.isEmpty else {
      throw CommandError("\(folder.path.shown): a merge into it was interrupted: run that again first")
    }
    let known = try folder.readManifest()
    let model = try command.options.load(command.model, hash: true)
    let (windows, manifest) = try command.setting(model, known: known)
    let writer = try ArchiveWriter(lock, manifest, isNew: known == nil)
    let candidates = GoneVideos(before: writer.index, folders: given.folders)
    var report = EmbedReport(archive: command.out, others: given.others)
    for failure in given.failures { fail(failure, writer, &report) }
    let tasks = self.tasks(given.videos, writer, &report)
    let jobs = min(command.jobs ?? Int(model.info.threads), max(1, tasks.count))
    let setting = VideoEmbedder.Setting(
      model: model, windows: windows, resize: command.pictures.resize,
      opening: VideoOpening(
        threads: max(1, model.info.threads / Int32(jobs)), decode: command.pictures.decode),
      dtype: manifest.dtype, folder: folder.path)
    try embed(tasks, setting, jobs: jobs, writer, &report)
    var refusal: CommandError?
    if isPruning {
      do throws(CommandError) { try prune(candidates, writer, &report) } catch { refusal = error }
    }
    try writer.finish()
    if let refusal { throw refusal }
    if report.hasNoVideo {
      Diagnostics.warning(
        "no video of this run could be embedded (\(report.failed) failed): "
          + "\(folder.path.file(ArchiveFolder.failures).shown) says why")
    }
    let present = writer.index.presentVideos
    (report.videos, report.rows) = (present.count, present.reduce(0) { $0 + $1.rows })
    return report
  }

  /// The videos that have to be looked at: not those that have not changed, nor those that failed and have not.
  private func tasks(_ paths: [FilePath], _ writer: ArchiveWriter, _ report: inout EmbedReport) -> [EmbedTask]
  {
    var tasks: [EmbedTask] = []
    for path in paths {
      let state = try? FileState(path)
      let (known, failure) = (writer.index.video(path.shown), writer.index.failure(path.shown))
      if let state, let known, state == known.state {
        report.unchanged += 1
        writer.forget(known.path)
      } else if let state, let failure, !command.retry, state == failure.state {
        report.failed += 1
      } else {
        tasks.append(EmbedTask(path: path, known: known, size: state?.size ?? 0))
      }
    }
    return tasks
  }

  // MARK: The threads that embed

  private func embed(
    _ tasks: [EmbedTask], _ setting: VideoEmbedder.Setting, jobs: Int, _ writer: ArchiveWriter,
    _ report: inout EmbedReport
  ) throws {
    let work = OrderedWork<EmbedTask.Outcome>(count: tasks.count, ahead: jobs + 32)
    let (stop, index) = (try StopSignal(), writer.index)
    var threads: [WorkThread] = []
    defer {
      work.end()
      stop.endCalls()  // of those that work ahead of an error
      for thread in threads { thread.join() }
    }
    for _ in 0..<jobs {
      threads.append(
        try WorkThread {
          stop.include {
            let embedder = Result { try VideoEmbedder(setting) }
            while let number = work.next() {
              work.finish(number, tasks[number].outcome(embedder, index, stop))
            }
          }
        })
    }
    var (reader, former) = (ArchiveRows(folder, writer.manifest), FormerPaths(index))
    var progress = EmbedProgress(tasks.map(\.size), isQuiet: command.quiet)
    while let (number, outcome) = work.take() {
      switch outcome {
      case .known(let state, let video):
        for path in former.takeGone(sha256: video.sha256) { writer.remove(path, sha256: video.sha256) }
        try copy(tasks[number], state, video, &reader, writer, &report)
      case .embedded(let state, let sha256, let rows):
        try write(tasks[number], state, sha256, rows.rows, writer, &report)
      case .failed(let failure): fail(failure, writer, &report)
      case .ended(let error):
        Progress.clear()
        try writer.sync()
        try writer.writeFailures()
        if let error { throw error }
        Diagnostics.note(
          "stopped after \(number) of \(tasks.count) videos; the same command goes on from there")
        stop.end()
      }
      let hasFailed = if case .failed = outcome { true } else { false }
      progress.step(size: tasks[number].size, hasFailed: hasFailed, hours: report.hours)
    }
    Progress.clear()
  }

  // MARK: The thread that writes

  private func write(
    _ task: EmbedTask, _ state: FileState, _ sha256: String, _ rows: VideoEmbedder.Rows,
    _ writer: ArchiveWriter,
    _ report: inout EmbedReport
  ) throws(CommandError) {
    let (place, start) = (writer.place, WindowLine.start(task.path.shown, sha256))
    try rows.rows.read { (numbers, times) throws(CommandError) in
      try writer.append(numbers, lines: times.map { start + WindowLine.end($0.start, $0.end) })
    }
    try writer.add(
      ArchivedVideo(
        path: task.path.shown, sha256: sha256, size: state.size, mtimeNs: state.mtimeNs,
        duration: rows.duration,
        damagedFrames: rows.damagedFrames, shard: place.shard, row: place.row, rows: rows.rows.rows))
    report.embedded += 1
    report.hours += rows.duration / 3600
    guard rows.damagedFrames > 0, !command.quiet else { return }
    Progress.clear()
    Diagnostics.warning("\(task.path.shown): \(rows.damagedFrames) of its frames are damaged")
  }

  /// Takes the rows that the archive has of a file's content.
  private func copy(
    _ task: EmbedTask, _ state: FileState, _ video: ArchivedVideo, _ reader: inout ArchiveRows,
    _ writer: ArchiveWriter,
    _ report: inout EmbedReport
  ) throws(CommandError) {
    let path = task.path.shown
    let isSame = task.known?.place == video.place
    let place = isSame ? video.place : writer.place
    if !isSame {
      try reader.read(video, as: path) { (numbers, lines) throws(CommandError) in
        try writer.append(numbers, lines: lines)
      }
    }
    try writer.add(
      ArchivedVideo(
        path: path, sha256: video.sha256, size: state.size, mtimeNs: state.mtimeNs, duration: video.duration,
        damagedFrames: video.damagedFrames, shard: place.shard, row: place.row, rows: video.rows))
    if isSame { report.unchanged += 1 } else { report.copied += 1 }
  }

  /// Notes that a video failed. Rows of its former content are left out, if it is known that it has another.
  private func fail(_ failure: FailedVideo, _ writer: ArchiveWriter, _ report: inout EmbedReport) {
    if let state = failure.state, let known = writer.index.video(failure.path), known.state != state {
      writer.remove(failure.path)
    }
    writer.add(failure)
    report.failed += 1
    guard !command.quiet else { return }
    Progress.clear()
    Diagnostics.warning(failure.message)
  }

  /// Leaves out the rows of videos that are gone, and forgets failures of such.
  private func prune(
    _ candidates: GoneVideos, _ writer: ArchiveWriter, _ report: inout EmbedReport
  ) throws(CommandError) {
    let gone = try candidates.videos(in: writer.index, isSure: command.pruneAll)
    if let first = gone.first, !command.quiet {
      let rows = gone.reduce(0) { $0 + $1.rows }
      let option = command.pruneAll ? "--prune-all" : "--prune"
      Diagnostics.note(
        "\(option) leaves out \(numbered(rows, "row")) of \(numbered(gone.count, "gone video")): \(first.path)"
          + (gone.count > 1 ? ", …" : ""))
    }
    for video in gone { writer.remove(video.path) }
    report.removed = gone.count
    for path in writer.index.failedPaths where FilePath(bytes: Array(path.utf8)).isGone {
      writer.forget(path)
    }
  }
}
