import ArgumentParser
import CActionCLIP

struct Info: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Say what a model holds and how it is loaded; of a file that cannot be, what it is and why not."
  )

  @Argument(
    help: ArgumentHelp("The model's file or folder (default: the default model).", valueName: "model"))
  var path: FilePath?

  @Flag(help: "One JSON object.")
  var json = false

  @Flag(help: "The SHA-256 too: of the file of weights, or of an index and its shards.")
  var hash = false

  @OptionGroup(title: "Model options")
  var options: ModelOptions

  func run() throws {
    let model: Model
    do { model = try options.load(path, hash: hash) } catch {
      // Whatever can be told of a file that is no model, beside the error; of one that was not meant, nothing.
      if let path, error.status != ACTIONCLIP_ERROR_HASH_MISMATCH, let text = describe(path) {
        try Output().line(json ? unloaded(path, text, error).text : text)
      }
      throw error
    }
    try Output().line(json ? object(model).text : table(model))
  }

  /// What the library says that a file is: aligned as the table of a model.
  private func describe(_ path: FilePath) -> String? {
    guard let text = try? Library.describe(path) else { return nil }
    let rows = text.split(separator: "\n").map { line in
      let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
      return json || parts.count < 2 ? String(line) : "\(Columns.fit(parts[0], 14)) \(parts[1])"
    }
    return rows.joined(separator: "\n")
  }

  private func unloaded(_ path: FilePath, _ text: String, _ error: any Error) -> JSONValue {
    [
      "path": .string(path.shown), "error": .string(explanation(of: error)),
      "found": .array(text.split(separator: "\n").map { .string(String($0)) }),
    ]
  }

  private func object(_ model: Model) throws(LibraryError) -> JSONValue {
    let info = model.info
    let own = try model.preprocessing(nil)
    func floats(_ three: (Float, Float, Float)) -> JSONValue {
      .array([.float(three.0), .float(three.1), .float(three.2)])
    }
    return [
      "path": path.map { .string($0.shown) } ?? .null,
      "file_type": .string(fileType(info)),
      "family": .string(model.family),
      "image_size": .int(Int64(info.image_size)),
      "patch_size": .int(Int64(info.patch_size)),
      "vision_width": .int(Int64(info.vision_width)),
      "vision_layers": .int(Int64(info.vision_layers)),
      "vision_heads": .int(Int64(info.vision_heads)),
      "embedding_size": .int(Int64(info.embedding_size)),
      "text_width": .int(Int64(info.text_width)),
      "text_layers": .int(Int64(info.text_layers)),
      "text_heads": .int(Int64(info.text_heads)),
      "context_length": .int(Int64(info.context_length)),
      "vocabulary_size": .int(Int64(info.vocabulary_size)),
      "frames": .int(Int64(info.frames)),
      "joint": .bool(info.joint != 0),
      "temporal_shift": .bool(info.temporal_shift != 0),
      "head": .string(Head.name(of: info.head)),
      "resize": .string(Resize.name(of: own.resize)),
      "short_side": own.short_side > 0 ? .int(Int64(own.short_side)) : .null,
      "mean": floats(own.mean),
      "std": floats(own.std),
      "sampling": .string(Sampling.name(of: try model.sampling)),
      "compute_type": .string(Compute.name(of: info.compute_type)),
      "activation": .string(EncoderActivation.name(of: info.activation)),
      "activation_assumed": .bool(info.activation_assumed != 0),
      "heads_assumed": .bool(info.heads_assumed != 0),
      "assumptions": .array(model.assumptions.map { .string($0) }),
      "threads": .int(Int64(info.threads)),
      "has_tokenizer": .bool(info.has_tokenizer != 0),
      "vocabulary_note": try model.labelNote(nil).map { .string($0) } ?? .null,
      "logit_scale": .float(info.logit_scale),
      "parameters": .int(info.parameters),
      "weight_bytes": .int(info.weight_bytes),
      "video_bytes": .int(info.video_bytes),
      "text_bytes": .int(info.text_bytes),
      "labels": .array(model.labels.map { .string($0) }),
      "templates": .array(model.templates.map { .string($0) }),
      "description": model.note("description").map { .string($0) } ?? .null,
      "license": model.note("license").map { .string($0) } ?? .null,
      "source": model.note("source").map { .string($0) } ?? .null,
      "notes": .array(model.notes.map { ["key": .string($0.key), "text": .string($0.text)] }),
      "sha256": model.sha256.map { .string($0) } ?? .null,
    ]
  }

  private func table(_ model: Model) throws(LibraryError) -> String {
    let info = model.info
    let own = try model.preprocessing(nil)
    let (labels, templates) = (model.labels.count, model.templates.count)
    let head = info.joint != 0 ? "none, the tokens of all frames are joined" : Head.name(of: info.head)
    var rows: [(String, String)] = [
      ("file", "\(path.map { printable($0.shown) } ?? "the default model") (\(fileType(info)))"),
      ("layout", model.family),
      ("parameters", grouped(info.parameters)),
      ("frames", "\(info.frames) per video, \(info.image_size) x \(info.image_size) pixels"),
      ("sampling", Sampling.name(of: try model.sampling)),
      (
        "resize",
        Resize.name(of: own.resize) + (own.short_side > 0 ? ", short side \(own.short_side)" : "")
          + formatted(
            ", mean %.3f %.3f %.3f, std %.3f %.3f %.3f", Double(own.mean.0), Double(own.mean.1),
            Double(own.mean.2),
            Double(own.std.0), Double(own.std.1), Double(own.std.2))
      ),
      (
        "vision",
        layers(info.vision_layers, info.vision_width, info.vision_heads, "patch \(info.patch_size)")
          + (info.heads_assumed != 0 ? ", heads assumed: nothing tells them" : "")
      ),
      (
        "text",
        layers(
          info.text_layers, info.text_width, info.text_heads,
          "\(info.context_length) tokens of \(grouped(Int64(info.vocabulary_size)))")
      ),
      ("embedding", "\(info.embedding_size)"),
      ("joint tokens", onOff(info.joint)),
      ("temporal shift", onOff(info.temporal_shift)),
      ("head", head),
      (
        "activation",
        EncoderActivation.name(of: info.activation)
          + (info.activation_assumed != 0 ? ", assumed: the file does not say" : "")
      ),
      ("logit scale", formatted("%.3f", Double(info.logit_scale))),
      (
        "computes in",
        "\(Compute.name(of: info.compute_type)), \(info.threads) thread\(info.threads == 1 ? "" : "s")"
      ),
      (
        "memory",
        "\(megabytes(info.weight_bytes)) of weights, \(megabytes(info.video_bytes)) to encode a video, "
          + "\(megabytes(info.text_bytes)) to encode prompts"
      ),
      (
        "tokenizer",
        info.has_tokenizer == 0
          ? "none: give --tokenizer to encode text"
          : try model.labelNote(nil) == nil
            ? "found" : "found, of the words that the model learned and no others"
      ),
      ("labels", labels > 0 ? grouped(Int64(labels)) : "none of its own"),
      (
        "templates",
        templates > 0 ? grouped(Int64(templates)) : "the reference's \(actionclip_template_count())"
      ),
    ]
    for note in model.notes { rows.append((printable(note.key), printable(note.text))) }
    if let hash = model.sha256 { rows.append(("sha256", hash)) }
    let width = max(14, min(24, rows.map(\.0.count).max() ?? 0))
    return rows.map { "\(Columns.fit($0.0, width))  \($0.1)" }.joined(separator: "\n")
  }

  private func layers(_ count: Int32, _ width: Int32, _ heads: Int32, _ more: String) -> String {
    "\(count) layer\(count == 1 ? "" : "s"), width \(width), \(heads) head\(heads == 1 ? "" : "s"), \(more)"
  }

  private func megabytes(_ bytes: Int64) -> String {
    formatted(bytes < 10_000_000 ? "%.1f MB" : "%.0f MB", Double(bytes) / 1e6)
  }

  private func onOff(_ value: Int32) -> String { value != 0 ? "on" : "off" }

  private func fileType(_ info: actionclip_model_info) -> String {
    switch info.file_type {
    case Int32(ACTIONCLIP_FILE_SAFETENSORS): "safetensors"
    case Int32(ACTIONCLIP_FILE_TORCH): "torch"
    case Int32(ACTIONCLIP_FILE_TORCHSCRIPT): "TorchScript"
    default: "unknown (\(info.file_type))"
    }
  }

  /// 151277313 as 151,277,313.
  private func grouped(_ number: Int64) -> String {
    let digits = Array(String(number))
    return digits.enumerated().reduce(into: "") { text, digit in
      if digit.offset > 0, (digits.count - digit.offset) % 3 == 0 { text.append(",") }
      text.append(digit.element)
    }
  }
}
