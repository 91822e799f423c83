import CActionCLIP

extension Embed {
  /// The windows and the manifest of a run: of the options, and of what the archive has where they leave it open.
  /// - Parameter known: the archive's manifest; nil: it is new.
  func setting(
    _ model: Model, known: ArchiveManifest?
  ) throws -> (windows: StreamedWindows?, manifest: ArchiveManifest) {
    let isWhole = whole || (known != nil && known?.window == nil && window == nil && step == nil)
    let windows = isWhole ? nil : try self.windows(model, known)
    let (length, hop) = try windows.map { try seconds(of: $0) } ?? (nil, nil)
    let info = model.info
    let manifest = ArchiveManifest(
      model: model.sha256 ?? "", modelName: modelName, dimension: model.embeddingSize,
      dtype: dtype ?? known?.dtype ?? .float16, window: length, step: hop, frames: model.frames,
      options: ArchiveManifest.Options(
        head: Head.name(of: info.head), joint: info.joint != 0, temporalShift: Shift.of(info).rawValue,
        temporalView: options.temporalView.map { Int($0) },
        activation: EncoderActivation.name(of: info.activation), compute: Compute.name(of: info.compute_type),
        resize: Resize.name(of: try model.preprocessing(pictures.resize).resize),
        decode: pictures.decode.rawValue),
      rowsPerShard: shardRows ?? known?.rowsPerShard ?? 1 << 16, shard: shard?.text)
    if let known { try check(known, against: manifest) }
    return (windows, known ?? manifest)
  }

  private func windows(_ model: Model, _ known: ArchiveManifest?) throws -> StreamedWindows {
    let window = window ?? known?.window
    let usual = StreamedWindows(
      model: model, resize: pictures.resize, window: window, step: step ?? known?.step, isLive: false)
    guard usual.step == nil else { return usual }
    let interval = try usual.stream().info.frame_interval_ns
    return StreamedWindows(
      model: model, resize: pictures.resize, window: window,
      step: Double(interval * Int64(max(1, model.frames / 2))) / 1e9, isLive: false)
  }

  /// Seconds that a window lasts, and from one to the next, as the stream has them.
  private func seconds(of windows: StreamedWindows) throws(LibraryError) -> (window: Double, step: Double) {
    let info = try windows.stream().info
    let length = windows.window ?? Double(info.frame_interval_ns * Int64(windows.model.frames)) / 1e9
    return (length, length * Double(info.hop) / Double(windows.model.frames))
  }

  private var modelName: String {
    guard let model else { return "default" }
    return printable(FilePath(bytes: model.plain.bytes).name)
  }

  private func check(_ known: ArchiveManifest, against manifest: ArchiveManifest) throws {
    let anew = "to index anew, give --out another folder or remove this one"
    guard known.model == manifest.model else {
      let names = [known, manifest].map { "\($0.modelName) (SHA-256 \($0.model.prefix(12))…)" }
      guard model != nil else {
        throw CommandError(
          "\(out.shown): was made with the model \(names[0]), which is not the default model: "
            + "give it by --model, or --out another folder")
      }
      throw CommandError("\(out.shown): was made with the model \(names[0]), now \(names[1]): \(anew)")
    }
    if let (name, was, now) = known.difference(from: manifest) {
      throw CommandError("\(out.shown): was made with another \(name), \(was), now \(now): \(anew)")
    }
    guard known.shard == manifest.shard else {
      throw CommandError(
        "\(out.shown): was made \(known.shard.map { "with --shard \($0)" } ?? "without --shard"), now "
          + "\(manifest.shard.map { "with --shard \($0)" } ?? "without"): \(anew)")
    }
  }
}
