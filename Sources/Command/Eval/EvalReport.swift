/// The outcome of an evaluation, for people and as JSON.
struct EvalReport {
  struct Failure {
    let line: Int
    let path: String
    let error: String
  }
  /// Each figure belongs to one of the two kinds of lists.
  enum Metrics {
    case single(SingleLabelMetrics)
    case multi(MultiLabelMetrics)
  }

  /// What was evaluated and how, in the order it is written.
  let setting: [JSONValue.Member]
  let title: String
  let classes: ClassList
  let metrics: Metrics
  let scored: Int
  /// Videos that were scored although some of their frames are damaged.
  let damaged: Int
  let failures: [Failure]

  func text(on terminal: Terminal) -> String {
    var lines = [terminal.bold(printable(title))]
    func row(_ name: String, _ value: String) { lines.append("  \(Columns.fit(name, 22))  \(value)") }
    func percent(_ value: Double) -> String { value.isNaN ? "-" : formatted("%6.2f %%", value * 100) }
    func row(_ name: String, _ share: Proportion) {
      let (low, high) = share.interval
      row(
        name,
        percent(share.value)
          + formatted(
            "  (%d of %d, 95 %% interval %.2f to %.2f)", share.hits, share.of, low * 100, high * 100))
    }
    switch metrics {
    case .single(let metrics):
      row("top-1 accuracy", metrics.top1)
      row("top-5 accuracy", metrics.top5)
      row("mean class accuracy", percent(metrics.meanClassAccuracy))
    case .multi(let metrics):
      row("mAP", percent(metrics.meanAveragePrecision))
      row("mAP, weighted", percent(metrics.weightedAveragePrecision))
    }
    row("videos", formatted("%6d  scored", scored))
    if damaged > 0 { row("", formatted("%6d  of them with damaged frames", damaged)) }
    if !failures.isEmpty { row("", formatted("%6d  could not be read and do not count", failures.count)) }
    return lines.joined(separator: "\n")
  }

  var json: JSONValue {
    var members = setting
    func add(_ key: String, _ value: JSONValue) { members.append(JSONValue.Member(key: key, value: value)) }
    add("scored", .int(Int64(scored)))
    add("damaged", .int(Int64(damaged)))
    add("failed", .int(Int64(failures.count)))
    switch metrics {
    case .single(let metrics):
      add("top1", object(metrics.top1))
      add("top5", object(metrics.top5))
      add("mean_class_accuracy", .double(metrics.meanClassAccuracy))
      add(
        "classes",
        .array(
          metrics.classes.indices.map { place in
            let share = metrics.classes[place]
            return [
              "id": .int(Int64(classes.ids[place])), "label": .string(classes.labels[place]),
              "videos": .int(Int64(share.of)), "correct": .int(Int64(share.hits)),
              "accuracy": .double(share.value),
            ]
          }))
      add(
        "confusion",
        .array(
          metrics.confusion.map {
            .array([
              .int(Int64(classes.ids[$0.shown])), .int(Int64(classes.ids[$0.predicted])),
              .int(Int64($0.count)),
            ])
          }))
    case .multi(let metrics):
      add("map", .double(metrics.meanAveragePrecision))
      add("weighted_map", .double(metrics.weightedAveragePrecision))
      add(
        "classes",
        .array(
          metrics.classes.indices.map { place in
            let precision = metrics.classes[place]
            return [
              "id": .int(Int64(classes.ids[place])), "label": .string(classes.labels[place]),
              "videos": .int(Int64(precision.videos)), "average_precision": .double(precision.average),
            ]
          }))
    }
    add(
      "failures",
      .array(
        failures.map {
          ["line": .int(Int64($0.line)), "path": .string($0.path), "error": .string($0.error)]
        }))
    return .object(members)
  }

  private func object(_ share: Proportion) -> JSONValue {
    let (low, high) = share.interval
    return [
      "accuracy": .double(share.value), "correct": .int(Int64(share.hits)), "of": .int(Int64(share.of)),
      "low": .double(low), "high": .double(high),
    ]
  }
}
