import CShims

/// Throws once the cancel token that the calling thread hears is set.
func checkCancelled() throws(TokenizerError) {
  if cshims_is_cancelled() != 0 { throw TokenizerError(.cancelled, "cancelled") }
}
