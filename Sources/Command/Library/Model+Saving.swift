import CActionCLIP

/// The contents of a model's file besides the weights. Where a list is empty, the model's own is kept.
struct ModelContents {
  var storage = Storage.fp32
  var labels: [String] = []
  var templates: [String] = []
  /// The weights of `templates`; empty: equal weights for these, or the model's own.
  var templateWeights: [Float] = []
  /// Nanoseconds from frame to frame; 0: as the model says; -1: none.
  var frameInterval: Int64 = 0
  var notes: [(key: String, text: String)] = []
}

extension Model {
  func save(to target: FilePath, _ contents: ModelContents) throws(LibraryError) {
    var options = actionclip_save_options()
    actionclip_save_options_init(&options)
    options.storage = contents.storage.code
    options.frame_interval_ns = contents.frameInterval
    options.label_count = contents.labels.count
    options.template_count = contents.templates.count
    // description, license and source travel as notes like any other.
    options.note_count = contents.notes.count
    let status = withCStrings(contents.labels) { labels in
      withCStrings(contents.templates) { templates in
        withCStrings(contents.notes.map(\.key)) { keys in
          withCStrings(contents.notes.map(\.text)) { texts in
            if options.label_count > 0 { options.labels = labels }
            if options.template_count > 0 { options.templates = templates }
            options.note_keys = keys
            options.note_texts = texts
            return contents.templateWeights.withUnsafeBufferPointer { weights in
              if !weights.isEmpty { options.template_weights = weights.baseAddress }
              options.template_weight_count = weights.count
              return withCString(target) { actionclip_model_save(handle, $0, &options) }
            }
          }
        }
      }
    }
    try check(status, on: target)
  }
}
