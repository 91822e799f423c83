import CShims

extension ModelError {
  static let cancelled = ModelError(.cancelled, "cancelled")
}

/// Throws once the cancel token that the calling thread hears is set; worker threads of a pool hear none. The check
/// costs two loads, so that a loop whose turns take a microsecond may have it.
func checkCancelled() throws(ModelError) {
  if cshims_is_cancelled() != 0 { throw .cancelled }
}
