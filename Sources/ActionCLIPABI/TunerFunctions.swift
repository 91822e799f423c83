import CActionCLIP
import Model
import Numerics
import Preprocess
import Session
import System
import Training
import Video

// Functions of tuners: their clips, steps, states and models.

private let oldestInfo = 80
private let oldestResult = 72
private let oldestScore = 24

@_cdecl("actionclip_tuner_create") @implementation
public func actionclip_tuner_create(
  _ model: OpaquePointer!, _ labels: UnsafePointer<UnsafePointer<CChar>?>!, _ label_count: Int,
  _ templates: UnsafePointer<UnsafePointer<CChar>?>!, _ template_count: Int,
  _ options: UnsafePointer<actionclip_tuner_options>!, _ tuner_out: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
  longCall { () throws(Failure) in
    let loaded = try Handle.object(model, LoadedModel.self)
    let out = try required(tuner_out, "tuner_out")
    let options = try TuningOptions(options, loaded)
    let labels = try labelTexts(labels, label_count)
    let templates = try chosenTemplates(templates, template_count, of: loaded)
    out.pointee = try Handle.make(
      ModelTuner(loaded, labels: labels, templates: templates, options))
  }
}

@_cdecl("actionclip_tuner_free") @implementation
public func actionclip_tuner_free(_ tuner: OpaquePointer!) { Handle.release(tuner, ModelTuner.self) }

@_cdecl("actionclip_tuner_add_text") @implementation
public func actionclip_tuner_add_text(
  _ tuner: OpaquePointer!, _ label: Int32, _ text: UnsafePointer<CChar>!
) -> Int32 {
  longCall { () throws(Failure) in
    let tuner = try Handle.object(tuner, ModelTuner.self)
    let text = try ActionCLIPABI.text(text, "text")
    try checkLabel(text, "text")
    try tuner.add(text: text, label: Int(label))
  }
}

/// Whether a clip is held out.
private func isHeldOut(_ purpose: Int32) throws(Failure) -> Bool {
  switch purpose {
  case ACTIONCLIP_CLIP_TRAINED: return false
  case ACTIONCLIP_CLIP_HELD_OUT: return true
  default: throw .argument("purpose is \(purpose), expected ACTIONCLIP_CLIP_*")
  }
}

/// The caller's labels of a clip.
private func clipLabels(
  _ labels: UnsafePointer<Int32>?, _ count: Int
) throws(Failure) -> UnsafeBufferPointer<Int32> {
  UnsafeBufferPointer(
    start: try required(labels, "labels"), count: try ActionCLIPABI.count(count, "label_count"))
}

private func checkViews(_ views: Int) throws(Failure) -> Int {
  guard (1...100).contains(views) else { throw .argument("a clip has \(views) views, expected 1 to 100") }
  return views
}

@_cdecl("actionclip_tuner_add_video") @implementation
public func actionclip_tuner_add_video(
  _ tuner: OpaquePointer!, _ labels: UnsafePointer<Int32>!, _ label_count: Int, _ video: OpaquePointer!,
  _ start: Double, _ end: Double, _ views: Int32, _ options: UnsafePointer<actionclip_preprocess_options>!,
  _ purpose: Int32
) -> Int32 {
  longCall { () throws(Failure) in
    let tuner = try Handle.object(tuner, ModelTuner.self)
    let labels = try clipLabels(labels, label_count)
    let file = try Handle.object(video, VideoFile.self)
    try tuner.add(
      file, in: TimeSpan(from: start, to: end), views: checkViews(Int(views)),
      preprocessOptions(options, else: tuner.loaded.preset), labels: labels, isHeldOut: isHeldOut(purpose))
  }
}

@_cdecl("actionclip_tuner_add_video_file") @implementation
public func actionclip_tuner_add_video_file(
  _ tuner: OpaquePointer!, _ labels: UnsafePointer<Int32>!, _ label_count: Int,
  _ path: UnsafePointer<CChar>!, _ start: Double, _ end: Double,
  _ options: UnsafePointer<actionclip_preprocess_options>!,
  _ video_options: UnsafePointer<actionclip_video_options>!, _ purpose: Int32
) -> Int32 {
  longCall { () throws(Failure) in
    let tuner = try Handle.object(tuner, ModelTuner.self)
    let labels = try clipLabels(labels, label_count)
    let open = try opening(of: required(path, "path"), video_options)
    try tuner.add(
      file: open, in: TimeSpan(from: start, to: end), preprocessOptions(options, else: tuner.loaded.preset),
      labels: labels, isHeldOut: isHeldOut(purpose))
  }
}

@_cdecl("actionclip_tuner_add_frames") @implementation
public func actionclip_tuner_add_frames(
  _ tuner: OpaquePointer!, _ labels: UnsafePointer<Int32>!, _ label_count: Int,
  _ frames: UnsafePointer<actionclip_image>!, _ frame_count: Int,
  _ options: UnsafePointer<actionclip_preprocess_options>!, _ purpose: Int32
) -> Int32 {
  add(tuner, labels, label_count, frames, frame_count, options, purpose, views: imageViews)
}

@_cdecl("actionclip_tuner_add_camera_frames") @implementation
public func actionclip_tuner_add_camera_frames(
  _ tuner: OpaquePointer!, _ labels: UnsafePointer<Int32>!, _ label_count: Int,
  _ frames: UnsafePointer<actionclip_frame>!, _ frame_count: Int,
  _ options: UnsafePointer<actionclip_preprocess_options>!, _ purpose: Int32
) -> Int32 {
  add(tuner, labels, label_count, frames, frame_count, options, purpose, views: frameViews)
}

/// Adds images or camera frames, which `views` checks, as a clip.
private func add<Picture>(
  _ tuner: OpaquePointer?, _ labels: UnsafePointer<Int32>?, _ label_count: Int,
  _ frames: UnsafePointer<Picture>?, _ frame_count: Int,
  _ options: UnsafePointer<actionclip_preprocess_options>?, _ purpose: Int32,
  views: (UnsafePointer<Picture>, Int) throws(Failure) -> GrowingArray<FrameView>
) -> Int32 {
  longCall { () throws(Failure) in
    let tuner = try Handle.object(tuner, ModelTuner.self)
    let labels = try clipLabels(labels, label_count)
    let pictures = try required(frames, "frames")
    let frames = try keptFrames(tuner, frame_count)
    let options = try preprocessOptions(options, else: tuner.loaded.preset)
    let heldOut = try isHeldOut(purpose)
    let views = try views(pictures, frame_count)
    try tuner.add(views.view, frames, options, labels: labels, isHeldOut: heldOut)
  }
}

/// The views of the tuner's T frames that a clip's frames make; with jitter, a run.
private func keptFrames(_ tuner: ModelTuner, _ frameCount: Int) throws(Failure) -> KeptFrames {
  let count = try count(frameCount, "frame_count")
  if tuner.drawsFrames {
    let most = 100 * tuner.frames
    guard (1...most).contains(count) else {
      throw .argument("frame_count is \(count), expected 1 to \(most) with jitter")
    }
    return KeptFrames(run: count, of: tuner.frames)
  }
  guard count % tuner.frames == 0 else {
    throw .argument("frame_count is \(count), not a multiple of the tuner's \(tuner.frames) frames per view")
  }
  return try KeptFrames(views: checkViews(count / tuner.frames), of: tuner.frames)
}

@_cdecl("actionclip_tuner_add_pixels") @implementation
public func actionclip_tuner_add_pixels(
  _ tuner: OpaquePointer!, _ labels: UnsafePointer<Int32>!, _ label_count: Int,
  _ pixels: UnsafePointer<Float>!, _ pixel_count: Int, _ frame_count: Int, _ purpose: Int32
) -> Int32 {
  longCall { () throws(Failure) in
    let tuner = try Handle.object(tuner, ModelTuner.self)
    let labels = try clipLabels(labels, label_count)
    let pixels = try required(pixels, "pixels")
    let frames = try keptFrames(tuner, frame_count)
    let needed = try product([frames.count, tuner.numbersPerFrame], "pixels")
    guard pixel_count == needed else {
      throw .argument("pixel_count is \(pixel_count), expected \(needed) for \(frame_count) frames")
    }
    try tuner.add(pixels: pixels, frames, labels: labels, isHeldOut: isHeldOut(purpose))
  }
}

@_cdecl("actionclip_tuner_get_info") @implementation
public func actionclip_tuner_get_info(
  _ tuner: OpaquePointer!, _ info_out: UnsafeMutablePointer<actionclip_tuner_info>!
) -> Int32 {
  longCall { () throws(Failure) in
    let tuner = try Handle.object(tuner, ModelTuner.self)
    let out = try required(info_out, "info_out")
    try SizedStruct.checkSize(of: out, oldest: oldestInfo, "info_out")
    let sizes = try tuner.sizes()
    var c = actionclip_tuner_info()
    c.labels = Int32(clamping: tuner.labelCount)
    c.clips = Int32(clamping: tuner.trainedCount)
    c.held_out = Int32(clamping: tuner.heldOutCount)
    (c.steps, c.total_steps) = (Int64(sizes.steps), Int64(sizes.totalSteps))
    c.steps_per_epoch = Int64(sizes.stepsPerEpoch)
    c.trained = Int64(sizes.trainedNumbers)
    (c.model_bytes, c.clip_bytes) = (Int64(sizes.modelBytes), Int64(sizes.clipBytes))
    c.work_bytes = Int64(sizes.workBytes)
    c.batch = Int32(clamping: sizes.batch)
    c.cache_bytes = Int64(sizes.cacheBytes)
    try SizedStruct.write(c, to: out, oldest: oldestInfo, "info_out")
  }
}

/// One step of a tuner, as the C interface gives it.
private func step(_ tuner: OpaquePointer?) throws(Failure) -> actionclip_tuner_result {
  let tuner = try Handle.object(tuner, ModelTuner.self)
  let report = try tuner.step()
  var c = actionclip_tuner_result()
  c.struct_size = UInt32(MemoryLayout<actionclip_tuner_result>.size)
  (c.step, c.total_steps) = (Int64(report.step), Int64(try tuner.totalSteps()))
  (c.loss, c.video_loss, c.text_loss) = (report.loss, report.videoLoss, report.textLoss)
  (c.scale, c.rate, c.gradient_norm) = (report.scale ?? 0, report.rate, report.gradientNorm)
  return c
}

@_cdecl("actionclip_tuner_step") @implementation
public func actionclip_tuner_step(
  _ tuner: OpaquePointer!, _ result_out: UnsafeMutablePointer<actionclip_tuner_result>!
) -> Int32 {
  longCall { () throws(Failure) in
    _ = try Handle.object(tuner, ModelTuner.self)
    if let result_out { try SizedStruct.checkSize(of: result_out, oldest: oldestResult, "result_out") }
    let result = try step(tuner)
    guard let result_out else { return }
    try SizedStruct.write(result, to: result_out, oldest: oldestResult, "result_out")
  }
}

@_cdecl("actionclip_tuner_run") @implementation
public func actionclip_tuner_run(
  _ tuner: OpaquePointer!, _ steps: Int64, _ progress: actionclip_tuner_progress!,
  _ user: UnsafeMutableRawPointer!, _ result_out: UnsafeMutablePointer<actionclip_tuner_result>!
) -> Int32 {
  var left: Int64 = 0
  var status = longCall { () throws(Failure) in
    let tuner = try Handle.object(tuner, ModelTuner.self)
    guard steps >= 0 else { throw .argument("steps is \(steps), expected 0 or more") }
    if let result_out { try SizedStruct.checkSize(of: result_out, oldest: oldestResult, "result_out") }
    let rest = Int64(try tuner.stepsLeft())
    left = steps == 0 ? rest : min(steps, rest)
  }
  // Each step is a call of its own, so that the host's function runs as the host left its thread.
  while status == ACTIONCLIP_OK, left > 0 {
    var result = actionclip_tuner_result()
    status = longCall { () throws(Failure) in
      // The host's function may have taken the last steps itself.
      guard try Handle.object(tuner, ModelTuner.self).stepsLeft() > 0 else {
        left = 0
        return
      }
      result = try step(tuner)
      guard let result_out else { return }
      try SizedStruct.write(result, to: result_out, oldest: oldestResult, "result_out")
    }
    guard left > 0 else { break }
    left -= 1
    guard status == ACTIONCLIP_OK, let progress, progress(user, &result) != 0 else { continue }
    break
  }
  return status
}

@_cdecl("actionclip_tuner_cancel") @implementation
public func actionclip_tuner_cancel(_ tuner: OpaquePointer!) -> Int32 {
  boundary { () throws(Failure) in try Handle.object(tuner, ModelTuner.self).cancel() }
}

/// A share of the tuned weights; nil for NaN, which takes the recipe's.
private func tunedShare(_ share: Double) throws(Failure) -> Double? {
  if share.isNaN { return nil }
  guard (0...1).contains(share) else { throw .argument("share is \(share), expected 0 to 1, or NaN") }
  return share
}

@_cdecl("actionclip_tuner_eval") @implementation
public func actionclip_tuner_eval(
  _ tuner: OpaquePointer!, _ purpose: Int32, _ share: Double,
  _ score_out: UnsafeMutablePointer<actionclip_tuner_score>!
) -> Int32 {
  longCall { () throws(Failure) in
    let tuner = try Handle.object(tuner, ModelTuner.self)
    let out = try required(score_out, "score_out")
    try SizedStruct.checkSize(of: out, oldest: oldestScore, "score_out")
    let score = try tuner.evaluate(heldOut: isHeldOut(purpose), share: tunedShare(share))
    var c = actionclip_tuner_score()
    c.clips = Int32(clamping: score.clips)
    (c.right, c.among_five) = (Int32(clamping: score.right), Int32(clamping: score.amongFive))
    c.loss = score.loss
    try SizedStruct.write(c, to: out, oldest: oldestScore, "score_out")
  }
}

@_cdecl("actionclip_tuner_save") @implementation
public func actionclip_tuner_save(_ tuner: OpaquePointer!, _ path: UnsafePointer<CChar>!) -> Int32 {
  longCall { () throws(Failure) in
    let tuner = try Handle.object(tuner, ModelTuner.self)
    try tuner.save(to: FilePath(required(path, "path")))
  }
}

@_cdecl("actionclip_tuner_load") @implementation
public func actionclip_tuner_load(_ tuner: OpaquePointer!, _ path: UnsafePointer<CChar>!) -> Int32 {
  longCall { () throws(Failure) in
    let tuner = try Handle.object(tuner, ModelTuner.self)
    try tuner.load(from: FilePath(required(path, "path")))
  }
}

@_cdecl("actionclip_tuner_model") @implementation
public func actionclip_tuner_model(
  _ tuner: OpaquePointer!, _ share: Double, _ model_out: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
  longCall { () throws(Failure) in
    let tuner = try Handle.object(tuner, ModelTuner.self)
    let out = try required(model_out, "model_out")
    out.pointee = try Handle.make(tuner.model(share: tunedShare(share)))
  }
}

@_cdecl("actionclip_models_interpolate") @implementation
public func actionclip_models_interpolate(
  _ first: OpaquePointer!, _ second: OpaquePointer!, _ share: Double,
  _ model_out: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
  longCall { () throws(Failure) in
    let one = try Handle.object(first, LoadedModel.self)
    let other = try Handle.object(second, LoadedModel.self)
    let out = try required(model_out, "model_out")
    out.pointee = try Handle.make(one.interpolated(with: other, share: share))
  }
}
