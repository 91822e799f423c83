import CActionCLIP

extension Info {
  /// The properties of a loaded model as one JSON object.
  func object(_ model: Model, _ plan: Plan) throws(LibraryError) -> JSONValue {
    JSONValue(
      joining: file(model), network(model.info), try preprocessing(model), computation(model),
      try sizes(model),
      costs(plan), notes(model))
  }

  /// The properties that headers of files tell.
  func object(_ plan: Plan) -> JSONValue {
    JSONValue(
      joining: [
        "path": path.map { .string($0.shown) } ?? .null, "file_type": .string(fileType(plan.info)),
      ], network(plan.info), ["parameters": .int(plan.info.parameters)], costs(plan))
  }

  private func costs(_ plan: Plan) -> KeyValuePairs<String, JSONValue> {
    [
      "video_flops": .int(plan.info.video_flops),
      "precisions": .array(
        plan.precisions.map {
          [
            "compute_type": .string($0.compute.rawValue), "weight_bytes": .int($0.info.weight_bytes),
            "video_bytes": .int($0.info.video_bytes), "text_bytes": .int($0.info.text_bytes),
            "estimated_video_seconds": .double($0.seconds),
          ]
        }),
    ]
  }

  private func file(_ model: Model) -> KeyValuePairs<String, JSONValue> {
    [
      "path": path.map { .string($0.shown) } ?? .null,
      "file_type": .string(fileType(model.info)),
      "family": .string(model.family),
    ]
  }

  private func network(_ info: actionclip_model_info) -> KeyValuePairs<String, JSONValue> {
    [
      "image_size": .int(Int64(info.image_size)),
      "patch_size": .int(Int64(info.patch_size)),
      "vision_width": .int(Int64(info.vision_width)),
      "vision_layers": .int(Int64(info.vision_layers)),
      "vision_heads": .int(Int64(info.vision_heads)),
      "embedding_size": .int(Int64(info.embedding_size)),
      "video_size": .int(info.video_size),
      "text_width": .int(Int64(info.text_width)),
      "text_layers": .int(Int64(info.text_layers)),
      "text_heads": .int(Int64(info.text_heads)),
      "context_length": .int(Int64(info.context_length)),
      "vocabulary_size": .int(Int64(info.vocabulary_size)),
      "context_vectors": .int(Int64(info.context_vectors)),
      "frames": .int(Int64(info.frames)),
      "frame_interval_ns": info.frame_interval_ns > 0 ? .int(info.frame_interval_ns) : .null,
      "joint": .bool(info.joint != 0),
      "temporal_shift": .bool(info.temporal_shift != 0),
      "shift_causal": .bool(info.shift_causal != 0),
      "head": .string(Head.name(of: info.head)),
      "frame_scores": .bool(info.frame_scores != 0),
    ]
  }

  private func preprocessing(_ model: Model) throws(LibraryError) -> KeyValuePairs<String, JSONValue> {
    let own = try model.preprocessing(nil)
    func floats(_ three: (Float, Float, Float)) -> JSONValue {
      .array([.float(three.0), .float(three.1), .float(three.2)])
    }
    return [
      "resize": .string(Resize.name(of: own.resize)),
      "short_side": own.short_side > 0 ? .int(Int64(own.short_side)) : .null,
      "mean": floats(own.mean),
      "std": floats(own.std),
      "sampling": .string(Sampling.name(of: try model.sampling)),
    ]
  }

  private func computation(_ model: Model) -> KeyValuePairs<String, JSONValue> {
    let info = model.info
    return [
      "compute_type": .string(Compute.name(of: info.compute_type)),
      "product_instructions": .string(Instructions.name(of: info.product_instructions)),
      "row_instructions": .string(Instructions.name(of: info.row_instructions)),
      "activation": .string(EncoderActivation.name(of: info.activation)),
      "activation_assumed": .bool(info.activation_assumed != 0),
      "heads_assumed": .bool(info.heads_assumed != 0),
      "assumptions": .array(model.assumptions.map { .string($0) }),
      "threads": .int(Int64(info.threads)),
    ]
  }

  private func sizes(_ model: Model) throws(LibraryError) -> KeyValuePairs<String, JSONValue> {
    let info = model.info
    return [
      "has_tokenizer": .bool(info.has_tokenizer != 0),
      "vocabulary_note": try model.labelNote(nil).map { .string($0) } ?? .null,
      "logit_scale": .float(info.logit_scale),
      "sigmoid_scores": .bool(info.sigmoid_scores != 0),
      "logit_bias": info.sigmoid_scores != 0 ? .float(info.logit_bias) : .null,
      "parameters": .int(info.parameters),
      "weight_bytes": .int(info.weight_bytes),
      "video_bytes": .int(info.video_bytes),
      "text_bytes": .int(info.text_bytes),
    ]
  }

  /// Texts that the file has, its hash, and the FFmpeg that decodes videos.
  private func notes(_ model: Model) -> KeyValuePairs<String, JSONValue> {
    let ffmpeg = Version.ffmpegOrReason
    return [
      "labels": .array(model.labels.map { .string($0) }),
      "templates": .array(model.templates.map { .string($0) }),
      "template_weights": .array(model.templateWeights.map { .float($0) }),
      "description": model.note("description").map { .string($0) } ?? .null,
      "license": model.note("license").map { .string($0) } ?? .null,
      "source": model.note("source").map { .string($0) } ?? .null,
      "notes": .array(model.notes.map { ["key": .string($0.key), "text": .string($0.text)] }),
      "sha256": model.sha256.map { .string($0) } ?? .null,
      "ffmpeg": ffmpeg.version.map { .string($0) } ?? .null,
      "ffmpeg_error": ffmpeg.reason.map { .string($0) } ?? .null,
    ]
  }
}
