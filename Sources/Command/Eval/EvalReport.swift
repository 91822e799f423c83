/// The result of an evaluation, as text for people and as JSON.
struct EvalReport {
  struct Failure {
    let row: VideoList.Row
    let error: String
  }
  /// The measures of a list with one label a row, of one with any number, or of segments.
  enum Metrics {
    case single(SingleLabelMetrics)
    case multi(MultiLabelMetrics)
    case segments(SegmentMetrics)
  }

  /// The model, the list and the options, in the order in which they are written.
  let setting: [JSONValue.Member]
  let title: String
  let classes: ClassList
  let metrics: Metrics
  let numbering: VideoList.Numbering
  let scored: Int
  /// The number of scored videos with damaged frames.
  let damaged: Int
  let failures: [Failure]

  /// Names and values of the measures, for the terminal and for the page.
  var figures: [(name: String, value: String)] {
    var result: [(String, String)]
    switch metrics {
    case .single(let metrics):
      result = [
        ("top-1 accuracy", metrics.top1.shown), ("top-5 accuracy", metrics.top5.shown),
        ("mean class accuracy", EvalReport.percent(metrics.meanClassAccuracy)),
      ]
    case .multi(let metrics):
      result = [
        ("mAP", EvalReport.percent(metrics.meanAveragePrecision)),
        ("mAP, weighted", EvalReport.percent(metrics.weightedAveragePrecision)),
      ]
    case .segments(let metrics):
      let (found, listed) = metrics.counts
      result = [
        ("segment mAP", EvalReport.percent(metrics.meanAveragePrecision) + "  (overlaps of 0.5 to 0.95)"),
        ("segment mAP at 0.5", EvalReport.percent(metrics.atHalf)),
        ("segments", "\(found) found, \(listed) in the list"),
      ]
    }
    result.append(("videos", "\(scored)" + (damaged > 0 ? ", \(damaged) with damaged frames" : "")))
    if !failures.isEmpty { result.append(("could not be read", "\(failures.count), not counted above")) }
    return result
  }

  static func percent(_ share: Double) -> String {
    share.isNaN ? "-" : formatted("%.2f %%", share * 100)
  }

  func text(on terminal: Terminal) -> String {
    let rows = figures.map { "  \(Columns.fit($0.name, 20))  \($0.value)" }
    return ([terminal.bold(printable(title))] + rows).joined(separator: "\n")
  }

  var json: JSONValue {
    var members = setting
    func add(_ key: String, _ value: JSONValue) { members.append(JSONValue.Member(key: key, value: value)) }
    add("scored", .int(Int64(scored)))
    add("damaged", .int(Int64(damaged)))
    add("failed", .int(Int64(failures.count)))
    switch metrics {
    case .single(let metrics):
      add("top1", metrics.top1.json)
      add("top5", metrics.top5.json)
      add("mean_class_accuracy", .double(metrics.meanClassAccuracy))
      add(
        "classes",
        rows(metrics.classes) {
          [
            "videos": .int(Int64($0.of)), "correct": .int(Int64($0.hits)), "accuracy": .double($0.value),
          ]
        })
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
        rows(metrics.classes) {
          ["videos": .int(Int64($0.videos)), "average_precision": .double($0.average)]
        })
    case .segments(let metrics):
      add("segment_map", .double(metrics.meanAveragePrecision))
      add("segment_map_50", .double(metrics.atHalf))
      add(
        "classes",
        rows(metrics.classes) {
          [
            "segments": .int(Int64($0.listed)), "found": .int(Int64($0.found)),
            "average_precision": .double($0.mean), "average_precision_50": .double($0.atHalf),
          ]
        })
    }
    add(
      "failures",
      .array(
        failures.map {
          .object($0.row.members(numbering) + [.init(key: "error", value: .string($0.error))])
        }))
    return .object(members)
  }

  /// An object for each class: its id, its label and its measures.
  private func rows<Measure>(
    _ measures: [Measure], _ members: (Measure) -> KeyValuePairs<String, JSONValue>
  ) -> JSONValue {
    .array(
      measures.enumerated().map { place, measure in
        .object(
          [
            .init(key: "id", value: .int(Int64(classes.ids[place]))),
            .init(key: "label", value: .string(classes.labels[place])),
          ] + members(measure).map { .init(key: $0.key, value: $0.value) })
      })
  }
}
