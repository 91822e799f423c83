extension ThresholdFile {
  /// The text of a file of thresholds. Numbers have nine digits.
  static func text(_ rows: [ThresholdsReport.Row]) -> String {
    rows.reduce("label,on,off\n") {
      $0 + CSVField.quoted($1.label) + formatted(",%.9g,%.9g\n", $1.on, $1.off)
    }
  }

  /// The threshold that a reader of the file gets. A mean of probabilities may be rounded to slightly more than 1, and
  /// so may a threshold that was chosen by it; a reader takes 0 to 1.
  static func rounded(_ threshold: Double) -> Double {
    min(max(0, Double(formatted("%.9g", threshold)) ?? threshold), 1)
  }
}
