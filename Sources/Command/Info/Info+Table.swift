import CActionCLIP

/// The properties of a model as a table for people.
extension Info {
  /// Rows that the headers of files tell.
  func table(_ plan: Plan) -> String {
    let info = plan.info
    let file =
      "\(path.map { printable($0.shown) } ?? "the default model") (\(fileType(info)))"
    return aligned(
      [
        ("file", file), ("parameters", grouped(info.parameters)),
        (
          "frames",
          "\(info.frames) per video, \(info.image_size) x \(info.image_size) pixels"
            + (info.frame_interval_ns > 0 ? ", \(FrameInterval.text(info.frame_interval_ns)) s apart" : "")
        ),
      ] + networkRows(info) + [("work", "\(Info.billions(info.video_flops)) GFLOP a video")]
        + plan.precisions.map { precision in
          (
            "in \(precision.compute.rawValue)",
            memory(precision.info) + ", about \(Info.duration(precision.seconds)) a video"
          )
        })
  }

  /// Rows that a loaded model tells besides.
  func table(_ model: Model) throws(LibraryError) -> String {
    aligned(
      try inputRows(model) + useRows(model) + model.notes.map { (printable($0.key), printable($0.text)) }
        + (model.sha256.map { [("sha256", $0)] } ?? []))
  }

  private func aligned(_ rows: [(String, String)]) -> String {
    let width = max(14, min(24, rows.map(\.0.count).max() ?? 0))
    return rows.map { "\(Columns.fit($0.0, width))  \($0.1)" }.joined(separator: "\n")
  }

  /// Rows about the layout of the file and the preprocessing of videos.
  private func inputRows(_ model: Model) throws(LibraryError) -> [(String, String)] {
    let own = try model.preprocessing(nil)
    return [
      ("layout", model.family),
      ("sampling", Sampling.name(of: try model.sampling)),
      (
        "resize",
        Resize.name(of: own.resize) + (own.short_side > 0 ? ", short side \(own.short_side)" : "")
          + formatted(
            ", mean %.3f %.3f %.3f, std %.3f %.3f %.3f", Double(own.mean.0), Double(own.mean.1),
            Double(own.mean.2), Double(own.std.0), Double(own.std.1), Double(own.std.2))
      ),
    ]
  }

  private func networkRows(_ info: actionclip_model_info) -> [(String, String)] {
    [
      (
        "vision",
        layers(info.vision_layers, info.vision_width, info.vision_heads, "patch \(info.patch_size)")
          + (info.heads_assumed != 0 ? ", heads assumed: nothing tells them" : "")
      ),
      (
        "text",
        layers(
          info.text_layers, info.text_width, info.text_heads,
          "\(info.context_length) tokens of \(grouped(Int64(info.vocabulary_size)))"
            + (info.context_vectors > 0 ? ", \(info.context_vectors) context vectors" : ""))
      ),
      (
        "embedding",
        "\(info.embedding_size)"
          + (info.video_size > Int64(info.embedding_size)
            ? ", and \(info.video_size - Int64(info.embedding_size)) numbers by which each video moves texts"
            : "")
      ),
      ("joint tokens", onOff(info.joint)),
      ("temporal shift", Shift.of(info).rawValue),
      (
        "head",
        info.joint != 0
          ? "none, the tokens of all frames are joined"
          : Head.name(of: info.head)
            + (info.frame_scores != 0 ? ", each frame scores by itself" : "")
      ),
      (
        "activation",
        EncoderActivation.name(of: info.activation)
          + (info.activation_assumed != 0 ? ", assumed: the file does not say" : "")
      ),
      ("logit scale", formatted("%.3f", Double(info.logit_scale))),
    ]
      + (info.sigmoid_scores == 0
        ? []
        : [("scores", "each label by itself: sigmoid, bias " + formatted("%.3f", Double(info.logit_bias)))])
  }

  /// Rows about precision, memory, tokenizer, labels, templates, and the library that decodes videos.
  private func useRows(_ model: Model) throws(LibraryError) -> [(String, String)] {
    let info = model.info
    let (labels, templates) = (model.labels.count, model.templates.count)
    let weighted = model.templateWeights.contains { $0 != model.templateWeights.first }
    let tokenizer =
      info.has_tokenizer == 0
      ? "none: give --tokenizer to encode text"
      : try model.labelNote(nil) == nil ? "found" : "found, of the words that the model learned and no others"
    let ffmpeg = Version.ffmpegOrReason
    return [
      (
        "computes in",
        "\(Compute.name(of: info.compute_type)), \(info.threads) thread\(info.threads == 1 ? "" : "s")"
      ),
      (
        "instructions",
        "\(Instructions.name(of: info.product_instructions)) for products, "
          + "\(Instructions.name(of: info.row_instructions)) for LayerNorm, softmax and conversions"
      ),
      ("memory", memory(info)),
      ("tokenizer", tokenizer),
      ("labels", labels > 0 ? grouped(Int64(labels)) : "none of its own"),
      (
        "templates",
        templates > 0
          ? grouped(Int64(templates)) + (weighted ? ", with weights" : "")
          : "the reference's \(actionclip_template_count())"
      ),
      ("video by", ffmpeg.version ?? "none: \(ffmpeg.reason ?? "")"),
    ]
  }

  private func layers(_ count: Int32, _ width: Int32, _ heads: Int32, _ more: String) -> String {
    "\(count) layer\(count == 1 ? "" : "s"), width \(width), \(heads) head\(heads == 1 ? "" : "s"), \(more)"
  }

  private func memory(_ info: actionclip_model_info) -> String {
    "\(megabytes(info.weight_bytes)) of weights, \(megabytes(info.video_bytes)) to encode a video, "
      + "\(megabytes(info.text_bytes)) to encode prompts"
  }

  /// Three digits of a number in billions, or more where it is larger.
  private static func billions(_ number: Int64) -> String {
    formatted(number < 100_000_000_000 ? "%.3g" : "%.0f", Double(number) / 1e9)
  }

  /// Two digits of a time, which is an estimate.
  private static func duration(_ seconds: Double) -> String {
    switch seconds {
    case ..<0.0995: formatted("%.2g ms", 1e3 * seconds)
    case ..<0.9995: formatted("%.0f ms", 10 * (1e2 * seconds).rounded())
    case ..<9.95: formatted("%.1f s", seconds)
    default: formatted("%.0f s", seconds)
    }
  }

  private func megabytes(_ bytes: Int64) -> String {
    formatted(bytes < 10_000_000 ? "%.1f MB" : "%.0f MB", Double(bytes) / 1e6)
  }

  private func onOff(_ value: Int32) -> String { value != 0 ? "on" : "off" }

  func fileType(_ info: actionclip_model_info) -> String {
    switch info.file_type {
    case Int32(ACTIONCLIP_FILE_SAFETENSORS): "safetensors"
    case Int32(ACTIONCLIP_FILE_TORCH): "torch"
    case Int32(ACTIONCLIP_FILE_TORCHSCRIPT): "TorchScript"
    default: "unknown (\(info.file_type))"
    }
  }

  /// Groups digits by thousands: 151,277,313.
  private func grouped(_ number: Int64) -> String {
    let digits = Array(String(number))
    return digits.enumerated().reduce(into: "") { text, digit in
      if digit.offset > 0, (digits.count - digit.offset) % 3 == 0 { text.append(",") }
      text.append(digit.element)
    }
  }
}
