import CActionCLIP

/// Weights of templates, and how they were chosen.
struct ChosenWeights {
  /// The weight of each template, [templates], with the sum 1.
  let weights: [Float]
  /// nil: the videos have no labels.
  let report: actionclip_prompts_report?

  /// Words for how the weights came about.
  var origin: String {
    switch report?.origin {
    case Int32(ACTIONCLIP_PROMPTS_EQUAL): "equal"
    case Int32(ACTIONCLIP_PROMPTS_FITTED): "fitted"
    default: "without labels"
    }
  }
}

extension Model {
  /// Chooses weights for templates by videos [videos, E] with the indices of their classes. `clips` has the same number
  /// for views of one clip. `strength` is the prior's; nil: it is chosen.
  func chooseWeights(
    videos: [Float], labels: [Int32], clips: [Int64], _ texts: LabelTexts, scale: Float, strength: Double?
  ) throws(LibraryError) -> ChosenWeights {
    var weights = [Float](repeating: 0, count: texts.templates)
    var report = actionclip_prompts_report()
    report.struct_size = UInt32(MemoryLayout<actionclip_prompts_report>.size)
    try check(
      actionclip_prompts_fit(
        videos, labels.count, labels, clips, texts.embeddings, texts.templates, texts.classes,
        embeddingSize, scale, strength ?? -1, &weights, texts.templates, &report))
    return ChosenWeights(weights: weights, report: report)
  }

  /// Chooses weights for templates by videos [videos, E] without labels.
  func chooseWeights(
    videos: [Float], _ texts: LabelTexts, scale: Float
  ) throws(LibraryError) -> ChosenWeights {
    var weights = [Float](repeating: 0, count: texts.templates)
    try check(
      actionclip_prompts_fit_unlabelled(
        videos, videos.count / max(1, embeddingSize), texts.embeddings, texts.templates, texts.classes,
        embeddingSize, scale, &weights, texts.templates))
    return ChosenWeights(weights: weights, report: nil)
  }
}
