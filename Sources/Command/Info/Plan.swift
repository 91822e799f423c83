import CActionCLIP

/// Memory and time that a model takes in each precision, by the headers of its files.
struct Plan {
  /// Sizes and options, in the precision that the options ask for.
  let info: actionclip_model_info
  /// Those that the model can be computed in.
  let precisions: [(compute: Compute, info: actionclip_model_info, seconds: Double)]

  init(_ path: FilePath?, _ options: ModelOptions) throws(LibraryError) {
    info = try options.plan(path, measuring: false).info
    var precisions: [(compute: Compute, info: actionclip_model_info, seconds: Double)] = []
    for compute in Compute.allCases {
      guard let found = try? options.plan(path, in: compute, measuring: true) else { continue }
      precisions.append((compute, found.info, found.seconds))
    }
    self.precisions = precisions
  }
}
