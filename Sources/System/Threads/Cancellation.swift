import CShims

/// Throws `Failure.cancelled` if the cancel token that the calling thread uses is set. A pool's worker threads use no
/// token. The check costs two loads, so loops whose iterations take a microsecond can afford it.
public func checkCancelled() throws(Failure) {
  if cshims_is_cancelled() != 0 { throw .cancelled }
}
