import CActionCLIP

/// The model that training begins with, and the temporal head of the tuned one.
struct TuneStart {
  let model: Model
  /// ACTIONCLIP_HEAD_*.
  let head: Int32
  /// Whether the head begins anew.
  let isNewHead: Bool
  /// T of the tuned model.
  let frames: Int

  /// Loads the model in fp32 with the head of its file. Another one that is asked for begins anew.
  init(_ path: FilePath?, _ options: ModelOptions, newHead: Bool) throws {
    if let compute = options.compute, compute != .fp32 {
      throw CommandError(
        "--compute \(compute.rawValue): weights that are rounded cannot be tuned further, so tune loads them in fp32: "
          + "leave it out; --train-compute bf16 trains faster where the processor has bf16, and actionclip convert "
          + "--storage \(compute.rawValue) stores the tuned model so")
    }
    var plain = options
    plain.head = nil
    plain.compute = .fp32  // also where the file says another
    let model: Model
    do { model = try plain.load(path, hash: true) } catch {
      // The file's head may allow its own number of frames alone, which a new one does not have to.
      guard plain.frames != nil, options.head != nil else { throw error }
      plain.frames = nil
      guard let loaded = try? plain.load(path, hash: true) else { throw error }
      model = loaded
    }
    let head = options.head?.code ?? model.info.head
    isNewHead = newHead || head != model.info.head
    if !isNewHead, let frames = options.frames, model.frames != Int(frames) {
      throw CommandError(
        "the model's head has \(model.frames) frames, not \(frames): with --new-head it begins anew")
    }
    frames = isNewHead ? options.frames.map(Int.init) ?? model.frames : model.frames
    (self.model, self.head) = (model, head)
  }
}
