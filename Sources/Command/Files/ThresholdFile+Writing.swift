extension ThresholdFile {
  /// The text of a file of thresholds. Numbers have nine digits.
  static func text(_ rows: [ThresholdsReport.Row]) -> String {
    rows.reduce("label,on,off\n") {
      $0 + CSVField.quoted($1.label) + formatted(",%.9g,%.9g\n", $1.on, $1.off)
    }
  }

  /// The threshold that a reader of the file gets.
  static func rounded(_ threshold: Double) -> Double { Double(formatted("%.9g", threshold)) ?? threshold }
}
