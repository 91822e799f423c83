import CActionCLIP

/// An archive that is open for search: owns the library's handle.
final class EmbeddingIndex {
  private let handle: OpaquePointer
  let info: actionclip_index_info

  init(_ path: FilePath, threads: Int32) throws(LibraryError) {
    var options = actionclip_index_options()
    actionclip_index_options_init(&options)
    options.threads = threads
    var opened: OpaquePointer?
    try check(actionclip_index_open(path.cString, &options, &opened), on: path)
    guard let opened else { throw LibraryError(status: 0, message: "\(path.shown): no index was given") }
    handle = opened
    info = try filled { actionclip_index_get_info(opened, $0) }
  }

  deinit { actionclip_index_free(handle) }

  /// The text of the archive's manifest.
  var manifest: String { actionclip_index_manifest(handle).map { String(cString: $0) } ?? "" }

  /// A part of a video that was found.
  struct Moment {
    let path: FilePath
    let start, end: Double
    let score: Double
    /// The best window's seconds.
    let peakStart, peakEnd: Double
  }

  /// The best moments for the weighted sum of some directions [E].
  func moments(
    _ directions: [(direction: [Float], weight: Float)], count: Int, minimum: Double?, merges: Bool
  ) throws(LibraryError) -> [Moment] {
    var options = actionclip_query_options()
    actionclip_query_options_init(&options)
    options.merge = merges ? 1 : 0
    if let minimum { options.minimum_score = minimum }
    var moments = [actionclip_moment](repeating: actionclip_moment(), count: count)
    moments[0].struct_size = UInt32(MemoryLayout<actionclip_moment>.size)
    var found = 0
    try check(
      actionclip_index_query(
        handle, directions.flatMap(\.direction), directions.map(\.weight), directions.count,
        directions.first?.direction.count ?? 0, &options, &moments, count, &found))
    return try moments[..<found].map { (moment) throws(LibraryError) in
      let path = try text { actionclip_index_row(handle, moment.row, nil, nil, $0, $1, $2) }
      return Moment(
        path: FilePath(bytes: Array(path.utf8)), start: moment.start, end: moment.end, score: moment.score,
        peakStart: moment.peak_start, peakEnd: moment.peak_end)
    }
  }
}

extension actionclip_index_info: SizedStruct {}
