import CActionCLIP

/// Ways to find the segments of a file from the scores of its windows, and their settings.
struct SegmentSettings {
  /// ACTIONCLIP_SEGMENTS_*
  var method = Int32(ACTIONCLIP_SEGMENTS_MEAN)
  /// The tracker of ACTIONCLIP_SEGMENTS_HYSTERESIS; nil: the library's defaults.
  var tracker: TrackerSettings?
  /// For each label the mean below which a moment shows none.
  var thresholds: [Double] = []
  var changeCost: Double?
  var noneScore: Double?
  /// Nanoseconds.
  var leastDuration: Int64 = 0
  /// The label that stands for none; -1: there is no such label.
  var noneLabel: Int32 = -1
  /// The labels of the steps in their order, and for each 1 if it may be missing, else 0.
  var steps: [Int32] = []
  var optional: [Int32] = []

  /// - Parameter scores: [starts][labels]; the windows follow each other.
  func segments(
    starts: [Int64], ends: [Int64], scores: [Float], labels: Int
  ) throws(LibraryError) -> [actionclip_segment] {
    var options = actionclip_segment_options()
    actionclip_segment_options_init(&options)
    options.method = method
    if let changeCost { options.change_cost = changeCost }
    if let noneScore { options.none_score = noneScore }
    options.min_duration_ns = leastDuration
    options.none_label = noneLabel
    options.step_count = steps.count
    var found: [actionclip_segment] = []
    var count = 0
    func find(_ out: UnsafeMutablePointer<actionclip_segment>?, _ capacity: Int) -> Int32 {
      thresholds.withUnsafeBufferPointer { thresholds in
        steps.withUnsafeBufferPointer { steps in
          optional.withUnsafeBufferPointer { optional in
            options.thresholds = thresholds.isEmpty ? nil : thresholds.baseAddress
            options.steps = steps.isEmpty ? nil : steps.baseAddress
            options.step_optional = optional.isEmpty ? nil : optional.baseAddress
            func find() -> Int32 {
              actionclip_find_segments(
                starts, ends, scores, starts.count, labels, &options, out, capacity, &count)
            }
            guard let tracker else { return find() }
            return tracker.withOptions(labels: labels) {
              options.tracker = $0
              return find()
            }
          }
        }
      }
    }
    try check(find(nil, 0))
    guard count > 0 else { return [] }
    var empty = actionclip_segment()
    empty.struct_size = UInt32(MemoryLayout<actionclip_segment>.size)
    found = [actionclip_segment](repeating: empty, count: count)
    let capacity = count
    try check(found.withUnsafeMutableBufferPointer { find($0.baseAddress, capacity) })
    return Array(found.prefix(count))
  }
}
