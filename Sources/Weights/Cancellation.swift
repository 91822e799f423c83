import CShims

extension WeightsError {
  static let cancelled = WeightsError(.cancelled, "cancelled")
}

/// Throws once the cancel token that the calling thread hears is set; threads of a pool hear none.
func checkCancelled() throws(WeightsError) {
  if cshims_is_cancelled() != 0 { throw .cancelled }
}
