extension ThresholdFile {
  /// The text of a file of thresholds. Numbers have all their digits, since the lowest threshold may be a score itself,
  /// which must go on reaching it.
  static func text(_ rows: [ThresholdsReport.Row]) -> String {
    rows.reduce("label,on,off\n") { $0 + "\(CSVField.quoted($1.label)),\($1.on),\($1.off)\n" }
  }
}
