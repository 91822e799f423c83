import CActionCLIP

/// A loaded model: owns the library's handle. Any number of threads may use it.
final class Model: @unchecked Sendable {
  let handle: OpaquePointer
  let info: actionclip_model_info

  /// Loads a model, or the default model where `path` is nil.
  convenience init(
    path: FilePath?, options: actionclip_model_options = Model.defaultOptions, tokenizer: FilePath? = nil,
    base: FilePath? = nil, expectedHash: String? = nil, openCLIPName: String? = nil
  ) throws(LibraryError) {
    var loaded: OpaquePointer?
    let status = Model.withOptions(options, tokenizer, base, expectedHash, openCLIPName) { options in
      withCString(path) { actionclip_model_load($0, &options, &loaded) }
    }
    if let path { try check(status, on: path) } else { try check(status) }
    try self.init(taking: loaded)
  }

  /// The sizes that a model would have, told by the headers of its files, and the seconds that encoding one of its videos
  /// is estimated to take on this machine, 0 unless its speed is measured.
  static func plan(
    path: FilePath?, options: actionclip_model_options, measuring: Bool, tokenizer: FilePath? = nil,
    base: FilePath? = nil,
    expectedHash: String? = nil, openCLIPName: String? = nil
  ) throws(LibraryError) -> (info: actionclip_model_info, seconds: Double) {
    var info = emptyInfo
    var nanoseconds: Int64 = 0
    let status = withOptions(options, tokenizer, base, expectedHash, openCLIPName) { options in
      withUnsafeMutablePointer(to: &nanoseconds) { nanoseconds in
        withCString(path) { actionclip_file_get_info($0, &options, &info, measuring ? nanoseconds : nil) }
      }
    }
    if let path { try check(status, on: path) } else { try check(status) }
    return (info, Double(nanoseconds) / 1e9)
  }

  /// Calls `body` with options that have these texts, which are valid until it returns.
  private static func withOptions(
    _ options: actionclip_model_options, _ tokenizer: FilePath?, _ base: FilePath?, _ expectedHash: String?,
    _ openCLIPName: String?, _ body: (inout actionclip_model_options) -> Int32
  ) -> Int32 {
    var options = options
    return withCString(tokenizer) { tokenizer in
      withCString(base) { base in
        withCString(expectedHash) { expected in
          withCString(openCLIPName) { name in
            options.tokenizer_path = tokenizer
            options.base_path = base
            options.expected_sha256 = expected
            options.open_clip_name = name
            return body(&options)
          }
        }
      }
    }
  }

  private static var emptyInfo: actionclip_model_info {
    var info = actionclip_model_info()
    info.struct_size = UInt32(MemoryLayout<actionclip_model_info>.size)
    return info
  }

  /// Owns a handle that the library made.
  init(taking made: OpaquePointer?) throws(LibraryError) {
    guard let made else { throw LibraryError(status: 0, message: "no model was given") }
    var info = Model.emptyInfo
    let described = actionclip_model_get_info(made, &info)
    if described != ACTIONCLIP_OK {
      defer { actionclip_model_free(made) }
      try check(described)
    }
    handle = made
    self.info = info
  }

  deinit { actionclip_model_free(handle) }

  static var defaultOptions: actionclip_model_options {
    var options = actionclip_model_options()
    actionclip_model_options_init(&options)
    return options
  }

  /// The family whose layout the file has, "CLIP" for example.
  var family: String { actionclip_model_family(handle).map { String(cString: $0) } ?? "" }

  /// All notes of the model's file, by key.
  var notes: [(key: String, text: String)] {
    (0..<max(0, actionclip_model_note_count(handle))).compactMap { index in
      actionclip_model_note_key(handle, index).map { String(cString: $0) }.map { ($0, note($0) ?? "") }
    }
  }

  var embeddingSize: Int { Int(info.embedding_size) }
  /// Floats of a video's row: its embedding, and in an X-CLIP what moves texts.
  var videoSize: Int { Int(info.video_size) }
  var contextLength: Int { Int(info.context_length) }
  var frames: Int { Int(info.frames) }

  /// Labels and templates that the model's file names; empty where it names none.
  var labels: [String] {
    (0..<max(0, actionclip_model_label_count(handle))).map {
      String(cString: actionclip_model_label(handle, $0))
    }
  }
  var templates: [String] {
    (0..<max(0, actionclip_model_template_count(handle))).map {
      String(cString: actionclip_model_template(handle, $0))
    }
  }
  /// The weights of the model's own templates in a score, which sum to 1.
  var templateWeights: [Float] {
    templates.indices.map { actionclip_model_template_weight(handle, Int32($0)) }
  }
  /// One line for each property of the model that neither its file nor the options state.
  var assumptions: [String] {
    var lines: [String] = []
    while let line = actionclip_model_assumption(handle, Int32(lines.count)) {
      lines.append(OptionHints.withFlags(String(cString: line)))
    }
    return lines
  }
  /// The model's note on a label that it never learned, or on itself where `label` is nil. Nil: no note.
  func labelNote(_ label: String?) throws(LibraryError) -> String? {
    var size = 0
    try check(withCString(label) { actionclip_model_label_note(handle, $0, nil, 0, &size) })
    guard size > 1 else { return nil }
    var text = [CChar](repeating: 0, count: size)
    try check(withCString(label) { actionclip_model_label_note(handle, $0, &text, size, &size) })
    return String(decoding: text.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The SHA-256 of the file in hexadecimal; nil unless it was asked for at load.
  var sha256: String? { actionclip_model_sha256(handle).map { String(cString: $0) } }
  func note(_ key: String) -> String? { actionclip_model_note(handle, key).map { String(cString: $0) } }
}

enum Library {
  /// The SHA-256 that a model loaded from `path` has, in hexadecimal. Nothing that is read is kept.
  static func sha256(_ path: FilePath) throws(LibraryError) -> String {
    var text = [CChar](repeating: 0, count: 65)
    try check(actionclip_file_sha256(path.cString, &text, text.count), on: path)
    return String(decoding: text.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// A description of a file in lines, whether or not it can be loaded.
  static func describe(_ path: FilePath) throws(LibraryError) -> String {
    var size = 0
    try check(actionclip_file_describe(path.cString, nil, 0, &size), on: path)
    var text = [CChar](repeating: 0, count: size)
    try check(actionclip_file_describe(path.cString, &text, size, &size), on: path)
    return String(decoding: text.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
