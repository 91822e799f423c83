import Numerics
import System

/// Goes through the clips of a support, each left out in turn, and notes what becomes of it.
struct ClipFindings: ~Copyable {
  private(set) var labels = GrowingArray<LabelReport>()
  /// In the order of the rows, until they are sorted.
  private(set) var clips = GrowingArray<ClipReport>()
  private(set) var confusions = GrowingArray<Confusion>()
  private(set) var singleClips = 0

  private init() {}

  init(_ selection: Selection, _ independent: IndependentFit) throws(Failure) {
    self.init()
    let (rows, texts) = (selection.rows, selection.texts)
    for column in 0..<rows.labelCount {
      let label = rows.labels[column]
      try labels.append(
        LabelReport(
          label: label, clips: rows.clipCounts[column], threshold: independent.thresholds[label]))
    }
    let (chosen, before) = (selection.chosen.estimate, selection.words.estimate)
    let fit = try LeftOutProbabilities(chosen.clipLogits, temperature: chosen.temperature)
    let words = try LeftOutProbabilities(before.clipLogits, temperature: before.temperature)
    let means = try DenseMatrix(rows: 2, columns: texts.labelCount)
    for clip in 0..<rows.clipCount {
      try checkCancelled()
      let row = rows.clipRows(clip).lowerBound
      let (label, isSingle) = (rows.labels[rows.columns[row]], !rows.hasSiblings(row))
      var report = ClipReport(clip: rows.clips[clip], label: label)
      means.view.clear()
      for row in rows.clipRows(clip) {
        words.fill(row)
        words.addValues(to: means.row(0))
        if isSingle { continue }
        fit.fill(row)
        fit.addValues(to: means.row(1))
        try add(
          row, best: fit.best, isRight: chosen.clipLogits.better[row] == 0,
          isRightByWords: before.clipLogits.better[row] == 0, rows)
      }
      let views = Double(rows.clipRows(clip).count)
      report.bestByWords = LeftOutProbabilities.best(means.row(0), texts.labelCount)
      if isSingle {
        singleClips += 1
      } else {
        report.judge(means.row(1), texts.labelCount, views: views)
        labels[rows.columns[row]].meanProbability +=
          report.probability / Double(rows.clipCounts[rows.columns[row]])
      }
      try clips.append(report)
    }
    Confusion.join(&confusions)
  }

  /// Notes the best label of a view that was left out with its clip.
  private mutating func add(
    _ row: Int, best: Int, isRight: Bool, isRightByWords: Bool, _ rows: OrderedRows
  ) throws(Failure) {
    let (column, weight) = (rows.columns[row], rows.weights[row])
    labels[column].right.of += weight
    labels[column].rightByWords.of += weight
    if isRightByWords { labels[column].rightByWords.hits += weight }
    if isRight {
      labels[column].right.hits += weight
    } else {
      let label = rows.labels[column]
      try confusions.append(Confusion(first: min(label, best), second: max(label, best), clips: weight))
    }
  }

  /// Notes for each clip the smallest number among its duplicates.
  mutating func markDuplicates(_ rows: OrderedRows) throws(Failure) {
    try rows.forEachDuplicate { clip, other in
      let (a, b) = (clips[clip], clips[other])
      clips[clip].addDuplicate(b)
      clips[other].addDuplicate(a)
    }
  }

  /// Sorts the clips by their numbers.
  mutating func sort() { clips.buffer.heapSort { ($0.clip, $0.label) < ($1.clip, $1.label) } }
}

extension ClipReport {
  /// Takes the sums of probabilities over the views of a clip that was left out.
  fileprivate mutating func judge(_ sums: UnsafePointer<Double>, _ count: Int, views: Double) {
    best = LeftOutProbabilities.best(sums, count)
    var other = 0.0
    for index in 0..<count where index != label { other = max(other, sums[index]) }
    probability = sums[label] / views
    bestProbability = sums[best] / views
    margin = (sums[label] - other) / views
    isSuspect = probability < ClipReport.suspectRatio * bestProbability
  }

  fileprivate mutating func addDuplicate(_ other: ClipReport) {
    duplicate = min(duplicate ?? .max, other.clip)
    if other.label != label { hasOtherLabelInDuplicate = true }
  }
}
