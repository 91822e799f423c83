import CActionCLIP

/// The settings of an evaluation, as the report states them and as the journal compares them.
extension Eval {
  /// Tells the model's file from others. For a folder or a name it is the SHA-256 that the library computed as it
  /// read; for the default model it is nil.
  private func fingerprint(of loaded: Model) throws -> String? {
    guard let model = listed.model else { return nil }
    return try isFile ? Fingerprint.of(file: model) : loaded.sha256.map { "sha256:\($0)" }
  }

  /// Tells the classifier's file from others; nil without one.
  private var classifierFingerprint: String? {
    get throws(CommandError) {
      guard let classifier = scoring.classifier else { return nil }
      return try Fingerprint.of(file: classifier)
    }
  }

  func header(_ set: LabelledSet) throws -> Journal.Header {
    let (loaded, texts, classes) = (set.model, set.texts, set.videos.classes)
    let own = loaded.templates.isEmpty ? Model.referenceTemplates : loaded.templates
    let templates = scoring.prompts.template.isEmpty ? own : scoring.prompts.template
    // Equal weights are not written, as in journals from before there were weights.
    let weights = texts?.weights ?? []
    let shares = weights.contains { $0 != weights.first } ? weights.map(\.description) : []
    let tokens = try loaded.tokens(of: templates + classes.labels)
    let info = loaded.info
    return Journal.Header(
      members: [
        ("format", "actionclip eval 1"),
        ("library", Version.library),
        // The library finds the default model by itself; its text embeddings tell it from others.
        (
          "model", try fingerprint(of: loaded) ?? Fingerprint.of((texts?.embeddings ?? []).map(\.description))
        ),
        ("frames", "\(loaded.frames)"),
        ("head", Head.name(of: info.head)),
        ("temporal shift", Shift.of(info).rawValue),
        ("joint", info.joint != 0 ? "on" : "off"),
        ("compute", Compute.name(of: info.compute_type)),
        ("activation", EncoderActivation.name(of: info.activation)),
        ("labels", Fingerprint.of(zip(classes.ids, classes.labels).map { "\($0) \($1)" })),
        ("list", set.videos.fingerprint),
        ("separator", listed.reading.separator?.rawValue ?? "as in the first row"),
        ("multi-label", multiLabel ? "on" : "off"),
        ("root", listed.reading.root?.shown ?? "the list's"),
        (
          "templates",
          try set.descriptions?.fingerprint(of: classes.labels) ?? Fingerprint.of(templates + shares)
        ),
        ("tokenizer", Fingerprint.of(tokens.map(String.init))),
        ("views", views.description),
        ("resize", try resize(of: loaded)),
        ("decode", scoring.decode.rawValue),
        ("scale", scoring.scale(for: loaded).map { "\($0)" } ?? "the classifier's"),
      ] + (listed.folders.frameNames.map { [("frame names", $0.shown)] } ?? [])
        + (listed.reading.split.map { [("split", $0.description)] } ?? [])
        + (try classifierFingerprint.map { [("classifier", $0)] } ?? []))
  }

  /// The name of the resize in use: the one asked for, else the model's own.
  private func resize(of loaded: Model) throws(LibraryError) -> String {
    Resize.name(of: try loaded.preprocessing(scoring.resize).resize)
  }

  /// The model's name, with that of the classifier if there is one.
  var modelName: String {
    listed.modelName + (scoring.classifier.map { " with \($0.shown)" } ?? "")
  }

  func setting(_ set: LabelledSet, _ notes: ModelNotes) throws -> [JSONValue.Member] {
    let loaded = set.model
    func member(_ key: String, _ value: JSONValue) -> JSONValue.Member { .init(key: key, value: value) }
    let classifier = try classifierFingerprint.map {
      [
        member("classifier", .string(scoring.classifier?.shown ?? "")),
        member("classifier_fingerprint", .string($0)),
      ]
    }
    let ownLabels =
      classifier != nil ? "the classifier's" : set.source.namesClasses ? "the list's" : "the model's own"
    return [
      member("library", .string(Version.library)),
      member("model", .string(listed.modelName)),
    ] + (classifier ?? []) + [
      member("list", .string(listed.list.shown)),
      member("labels", .string(listed.labels?.shown ?? ownLabels)),
      member("multi_label", .bool(multiLabel)),
      member("head", .string(Head.name(of: loaded.info.head))),
      member("frames", .int(Int64(loaded.frames))),
      member("views", .string(views.description)),
      member("resize", .string(try resize(of: loaded))),
      member("decode", .string(scoring.decode.rawValue)),
      member("scale", scoring.scale(for: loaded).map { .float($0) } ?? .null),
      member("templates", set.texts.map { .int(Int64($0.templates)) } ?? .null),
      member("descriptions", scoring.prompts.descriptions.map { .string($0.shown) } ?? .null),
      member("notes", notes.json),
    ] + segmentSetting
  }
}
