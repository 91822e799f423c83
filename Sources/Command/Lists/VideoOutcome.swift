import CActionCLIP

/// The result of one video of a list, or the reason why there is none.
enum VideoOutcome<Value> {
  /// A result, and the number of damaged frames that were met.
  case read(Value, damaged: Int64)
  case failed(String)

  /// The result; nil if there is none.
  var value: Value? {
    guard case .read(let value, _) = self else { return nil }
    return value
  }
}

extension VideoList.Row {
  /// Runs `body` with the row's path in a folder. Damage and a video that cannot be read are warnings, so that the
  /// next video can follow.
  /// - Parameters:
  ///   - place: the row's place in its list, for the warning; nil: it is not told.
  ///   - fatal: statuses that are no fault of the video, and end the run; by default that FFmpeg is missing.
  func attempt<Value>(
    in root: FilePath, place: String? = nil, fatal: [Int32] = [Int32(ACTIONCLIP_ERROR_UNAVAILABLE)],
    _ body: (FilePath) throws(LibraryError) -> (Value, damaged: Int64)
  ) throws(LibraryError) -> VideoOutcome<Value> {
    let path = path.inside(root)
    do {
      let (value, damaged) = try body(path)
      if damaged > 0 {
        Progress.clear()
        let part = span.map { " \($0.shown)" } ?? ""
        Diagnostics.warning("\(path.shown)\(part): \(damaged) of its frames are damaged")
      }
      return .read(value, damaged: damaged)
    } catch {
      if fatal.contains(error.status) { throw error }
      let said = explanation(of: error, naming: path.shown)
      Progress.clear()
      Diagnostics.warning(said + (place.map { " (\($0))" } ?? ""))
      return .failed(said)
    }
  }
}
