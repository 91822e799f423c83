import CShims

/// Throws `Failure.cancelled` once the cancel token that the calling thread hears is set. A pool's worker threads hear
/// none. The check costs two loads, so a loop whose turns take a microsecond may have it.
public func checkCancelled() throws(Failure) {
  if cshims_is_cancelled() != 0 { throw .cancelled }
}
