extension ThresholdFile {
  /// The text of a file of thresholds. Numbers have all their digits, since the lowest threshold may be a score itself,
  /// which must go on reaching it.
  static func text(_ rows: [ThresholdsReport.Row]) -> String {
    rows.reduce("label,on,off\n") { $0 + "\(CSVField.quoted($1.label)),\($1.on),\($1.off)\n" }
  }

  /// The nearest threshold that a reader of the file takes, 0 to 1. A mean of probabilities may be rounded to slightly
  /// more than 1, and a threshold that was chosen by it may be, too.
  static func clamped(_ threshold: Double) -> Double { min(max(0, threshold), 1) }
}
