import Adaptation
import CActionCLIP
import Model
import Preprocess
import Session
import System
import Video

// Functions that teach a classifier: its examples and its fit.

/// The sizes in bytes of the structs' first versions, the smallest ones that are accepted.
private let oldestExample = 24
private let oldestFitOptions = 56

@_cdecl("actionclip_classifier_add_examples") @implementation
public func actionclip_classifier_add_examples(
  _ classifier: OpaquePointer!, _ label: UnsafePointer<CChar>!, _ videos: UnsafePointer<Float>!,
  _ video_count: Int, _ clip_ids: UnsafePointer<Int64>!
) -> Int32 {
  longCall { () throws(Failure) in
    let classifier = try Handle.object(classifier, Classifier.self)
    let label = try text(label, "label")
    let count = try count(video_count, "video_count")
    _ = try product([count, classifier.labelList.videoSize, 4], "videos")
    try classifier.add(
      required(videos, "videos"), count, label: label, clip_ids.map { .given($0) } ?? .each)
  }
}

@_cdecl("actionclip_classifier_add_video") @implementation
public func actionclip_classifier_add_video(
  _ classifier: OpaquePointer!, _ label: UnsafePointer<CChar>!, _ video: OpaquePointer!, _ start: Double,
  _ end: Double, _ views: Int32, _ options: UnsafePointer<actionclip_preprocess_options>!, _ clip_id: Int64
) -> Int32 {
  longCall { () throws(Failure) in
    let classifier = try Handle.object(classifier, Classifier.self)
    let label = try text(label, "label")
    let file = try Handle.object(video, VideoFile.self)
    let span = try TimeSpan(from: start, to: end)
    guard (1...100).contains(views) else { throw .argument("views is \(views), expected 1 to 100") }
    try classifier.add(
      file, in: span, views: Int(views), preprocessOptions(options, else: classifier.loaded.preset),
      label: label, id: chosenID(clip_id))
  }
}

@_cdecl("actionclip_classifier_add_frames") @implementation
public func actionclip_classifier_add_frames(
  _ classifier: OpaquePointer!, _ label: UnsafePointer<CChar>!, _ frames: UnsafePointer<actionclip_image>!,
  _ frame_count: Int, _ options: UnsafePointer<actionclip_preprocess_options>!, _ clip_id: Int64
) -> Int32 {
  add(classifier, label, frames, frame_count, options, clip_id, views: imageViews)
}

@_cdecl("actionclip_classifier_add_camera_frames") @implementation
public func actionclip_classifier_add_camera_frames(
  _ classifier: OpaquePointer!, _ label: UnsafePointer<CChar>!, _ frames: UnsafePointer<actionclip_frame>!,
  _ frame_count: Int, _ options: UnsafePointer<actionclip_preprocess_options>!, _ clip_id: Int64
) -> Int32 {
  add(classifier, label, frames, frame_count, options, clip_id, views: frameViews)
}

/// Adds images or camera frames, which `views` checks, as an example.
private func add<Picture>(
  _ classifier: OpaquePointer?, _ label: UnsafePointer<CChar>?, _ frames: UnsafePointer<Picture>?,
  _ frame_count: Int, _ options: UnsafePointer<actionclip_preprocess_options>?, _ clip_id: Int64,
  views: (UnsafePointer<Picture>, Int) throws(Failure) -> GrowingArray<FrameView>
) -> Int32 {
  longCall { () throws(Failure) in
    let classifier = try Handle.object(classifier, Classifier.self)
    let label = try text(label, "label")
    let pictures = try required(frames, "frames")
    let loaded = classifier.loaded
    let videos = try videoCount(loaded, frameCount: frame_count)
    let preprocessors = try PreprocessorPool(
      size: loaded.configuration.imageSize, options: preprocessOptions(options, else: loaded.preset))
    let id = try chosenID(clip_id)
    let views = try views(pictures, frame_count)
    try classifier.add(ImageFrames(views.view, preprocessors), views: videos, label: label, id: id)
  }
}

/// The caller's choice of a clip's id; nil for a clip of its own.
private func chosenID(_ clip_id: Int64) throws(Failure) -> Int64? {
  guard clip_id >= -1 else { throw .argument("clip_id is \(clip_id), expected 0 or more, or -1") }
  return clip_id < 0 ? nil : clip_id
}

@_cdecl("actionclip_classifier_remove_examples") @implementation
public func actionclip_classifier_remove_examples(
  _ classifier: OpaquePointer!, _ clip_ids: UnsafePointer<Int64>!, _ clip_count: Int
) -> Int32 {
  longCall { () throws(Failure) in
    let classifier = try Handle.object(classifier, Classifier.self)
    let ids = try required(clip_ids, "clip_ids")
    try classifier.remove(clips: UnsafeBufferPointer(start: ids, count: count(clip_count, "clip_count")))
  }
}

@_cdecl("actionclip_classifier_clear_examples") @implementation
public func actionclip_classifier_clear_examples(
  _ classifier: OpaquePointer!, _ label: UnsafePointer<CChar>!
) -> Int32 {
  longCall { () throws(Failure) in
    let classifier = try Handle.object(classifier, Classifier.self)
    try classifier.removeExamples(of: label.map { (label) throws(Failure) in try text(label, "label") })
  }
}

@_cdecl("actionclip_classifier_example_count") @implementation
public func actionclip_classifier_example_count(_ classifier: OpaquePointer!) -> Int32 {
  counting { () throws(Failure) in try Handle.object(classifier, Classifier.self).exampleCount }
}

@_cdecl("actionclip_classifier_example") @implementation
public func actionclip_classifier_example(
  _ classifier: OpaquePointer!, _ index: Int32, _ example_out: UnsafeMutablePointer<actionclip_example>!
) -> Int32 {
  boundary { () throws(Failure) in
    let classifier = try Handle.object(classifier, Classifier.self)
    guard let found = classifier.example(Int(index)) else {
      throw .argument("index is \(index), and the classifier has \(classifier.exampleCount) examples")
    }
    var example = actionclip_example()
    example.label = found.label.map { Int32(clamping: $0) } ?? -1
    example.clip_id = found.clip
    example.views = Int32(clamping: found.views)
    try SizedStruct.write(example, to: example_out, oldest: oldestExample, "example_out")
  }
}

private var defaultFitOptions: actionclip_fit_options {
  var options = actionclip_fit_options()
  (options.text_weight, options.clip_weight, options.offset) = (.nan, .nan, .nan)
  (options.ridge, options.anchor, options.accept_rate) = (.nan, .nan, FitOptions().acceptRate)
  return options
}

@_cdecl("actionclip_fit_options_init_sized") @implementation
public func actionclip_fit_options_init_sized(
  _ options: UnsafeMutablePointer<actionclip_fit_options>!, _ struct_size: Int
) {
  SizedStruct.initialize(options, size: struct_size, defaults: defaultFitOptions, oldest: oldestFitOptions)
}

@_cdecl("actionclip_classifier_fit") @implementation
public func actionclip_classifier_fit(
  _ classifier: OpaquePointer!, _ options: UnsafePointer<actionclip_fit_options>!,
  _ generation_out: UnsafeMutablePointer<Int64>!
) -> Int32 {
  longCall { () throws(Failure) in
    let classifier = try Handle.object(classifier, Classifier.self)
    let generation = try classifier.fit(FitOptions(options))
    generation_out?.pointee = generation
  }
}

@_cdecl("actionclip_classifier_unfit") @implementation
public func actionclip_classifier_unfit(
  _ classifier: OpaquePointer!, _ generation_out: UnsafeMutablePointer<Int64>!
) -> Int32 {
  boundary { () throws(Failure) in
    let generation = try Handle.object(classifier, Classifier.self).unfit()
    generation_out?.pointee = generation
  }
}

@_cdecl("actionclip_classifier_save") @implementation
public func actionclip_classifier_save(
  _ classifier: OpaquePointer!, _ path: UnsafePointer<CChar>!, _ keep_clips: Int32
) -> Int32 {
  longCall { () throws(Failure) in
    let classifier = try Handle.object(classifier, Classifier.self)
    let path = try required(path, "path")
    guard (0...1).contains(keep_clips) else {
      throw .argument("keep_clips is \(keep_clips), expected 0 or 1")
    }
    try classifier.save(to: FilePath(path), keepingClips: keep_clips == 1)
  }
}

@_cdecl("actionclip_classifier_load") @implementation
public func actionclip_classifier_load(
  _ model: OpaquePointer!, _ path: UnsafePointer<CChar>!,
  _ classifier_out: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
  longCall { () throws(Failure) in
    let loaded = try Handle.object(model, LoadedModel.self)
    let path = try required(path, "path")
    let out = try required(classifier_out, "classifier_out")
    out.pointee = try Handle.make(Classifier(loaded, loading: FilePath(path)))
  }
}

extension FitOptions {
  /// Checks and converts the caller's options; NULL gives the defaults.
  fileprivate init(_ pointer: UnsafePointer<actionclip_fit_options>?) throws(Failure) {
    let options = try SizedStruct.read(
      pointer, defaults: defaultFitOptions, oldest: oldestFitOptions, "options")
    self.init()
    guard let method = FitMethod(rawValue: options.method) else {
      throw .argument("method is \(options.method), expected ACTIONCLIP_FIT_*")
    }
    self.method = method
    textWeight = try number(options.text_weight, "text_weight", FitOptions.weightRange)
    clipWeight = try number(options.clip_weight, "clip_weight", FitOptions.weightRange)
    offset = try number(options.offset, "offset", FitOptions.offsetRange)
    ridge = try number(options.ridge, "ridge", FitOptions.ridgeRange)
    anchor = try number(options.anchor, "anchor", FitOptions.anchorRange)
    guard (0...1).contains(options.accept_rate) else {
      throw .argument("accept_rate is \(options.accept_rate), expected 0 to 1")
    }
    acceptRate = options.accept_rate
  }
}

/// A number of the caller's; nil for NaN, which leaves it to the fit.
private func number(
  _ value: Double, _ name: String, _ range: ClosedRange<Double>
) throws(Failure) -> Double? {
  if value.isNaN { return nil }
  guard range.contains(value) else {
    throw .argument("\(name) is \(value), expected \(BoundText.range(range)), or NaN")
  }
  return value
}
