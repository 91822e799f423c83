import Adaptation
import CActionCLIP
import Session
import System

// Functions that choose weights of templates.

/// The size in bytes of the struct's first version, the smallest one that is accepted.
private let oldestReport = 56

@_cdecl("actionclip_prompts_fit") @implementation
public func actionclip_prompts_fit(
  _ videos: UnsafePointer<Float>!, _ video_count: Int, _ labels: UnsafePointer<Int32>!,
  _ clip_ids: UnsafePointer<Int64>!, _ texts: UnsafePointer<Float>!, _ template_count: Int,
  _ class_count: Int, _ embedding_size: Int, _ scale: Float, _ strength: Double,
  _ weights_out: UnsafeMutablePointer<Float>!, _ weights_capacity: Int,
  _ report_out: UnsafeMutablePointer<actionclip_prompts_report>!
) -> Int32 {
  longCall { () throws(Failure) in
    let given = try Comparison(
      videos, video_count, texts, template_count, class_count, embedding_size, scale, weights_out,
      weights_capacity)
    let labels = try required(labels, "labels")
    for video in 0..<given.videoCount where !(0..<given.classes).contains(Int(labels[video])) {
      throw .argument("labels[\(video)] is \(labels[video]), expected 0 to \(given.classes - 1)")
    }
    guard strength.isFinite else { throw .argument("strength is \(strength), expected a finite number") }
    if let report_out {
      try SizedStruct.checkSize(of: report_out, oldest: oldestReport, "report_out")
    }
    let fit = try PromptsFit(
      given.table(keepsProbabilities: true), labels: labels, clips: clip_ids,
      strength: strength < 0 ? nil : strength)
    if let report_out {
      try SizedStruct.write(report(of: fit), to: report_out, oldest: oldestReport, "report_out")
    }
    given.write(fit.weights.view)
  }
}

private func report(of fit: borrowing PromptsFit) -> actionclip_prompts_report {
  var report = actionclip_prompts_report()
  report.origin = fit.origin.rawValue
  report.kept = Int32(clamping: fit.weights.view.count { $0 > 0 })
  report.folds = Int32(clamping: fit.folds)
  report.strength = fit.strength
  report.equal_top1 = fit.equal.top1
  report.equal_log_likelihood = fit.equal.logLikelihood
  report.chosen_top1 = fit.chosen.top1
  report.chosen_log_likelihood = fit.chosen.logLikelihood
  return report
}

@_cdecl("actionclip_prompts_fit_unlabelled") @implementation
public func actionclip_prompts_fit_unlabelled(
  _ videos: UnsafePointer<Float>!, _ video_count: Int, _ texts: UnsafePointer<Float>!,
  _ template_count: Int, _ class_count: Int, _ embedding_size: Int, _ scale: Float,
  _ weights_out: UnsafeMutablePointer<Float>!, _ weights_capacity: Int
) -> Int32 {
  longCall { () throws(Failure) in
    let given = try Comparison(
      videos, video_count, texts, template_count, class_count, embedding_size, scale, weights_out,
      weights_capacity)
    let weights = try given.table(keepsProbabilities: false).weightsWithoutLabels()
    given.write(weights.view)
  }
}

/// The caller's videos and texts, checked, and the room for the weights.
private struct Comparison {
  let videoCount: Int
  let templates: Int
  let classes: Int
  private let videos: UnsafePointer<Float>
  private let texts: UnsafePointer<Float>
  private let size: Int
  private let scale: Float
  private let weights: UnsafeMutablePointer<Float>

  init(
    _ videos: UnsafePointer<Float>?, _ videoCount: Int, _ texts: UnsafePointer<Float>?, _ templates: Int,
    _ classes: Int, _ size: Int, _ scale: Float, _ weights: UnsafeMutablePointer<Float>?, _ capacity: Int
  ) throws(Failure) {
    self.videoCount = try count(videoCount, "video_count")
    self.templates = try count(templates, "template_count")
    self.classes = try count(classes, "class_count")
    self.size = try count(size, "embedding_size")
    _ = try product([videoCount, size, 8], "videos")
    _ = try product([templates, classes, size, 8], "texts")
    _ = try product([videoCount, templates, classes, 8], "probabilities")
    self.videos = try required(videos, "videos")
    self.texts = try required(texts, "texts")
    self.scale = try checkedScale(scale)
    self.weights = try output(weights, capacity: capacity, needed: templates, "weights_out")
  }

  func table(keepsProbabilities: Bool) throws(Failure) -> PromptsTable {
    try PromptsTable(
      videos: videos, videoCount, texts: texts, templates: templates, classes: classes, size: size,
      scale: scale, keepsProbabilities: keepsProbabilities)
  }

  func write(_ values: UnsafeBufferPointer<Double>) {
    for (index, value) in values.enumerated() { weights[index] = Float(value) }
  }
}
