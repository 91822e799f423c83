import Adaptation
import CActionCLIP
import Session
import System

// Functions of classifiers and of their lists of labels.

/// Copies the caller's labels.
func labelTexts(_ labels: Texts?, _ label_count: Int) throws(Failure) -> TextList {
  let labels = try required(labels, "labels")
  return try texts(labels, labelCount(label_count), "labels", checkLabel)
}

/// Throws if a label has no character but white space, as Unicode has it, and control characters.
func checkLabel(
  _ label: UnsafeBufferPointer<UInt8>, _ name: @autoclosure () -> String
) throws(Failure) {
  var (scalars, bytes) = (UTF8(), label.makeIterator())
  while case .scalarValue(let scalar) = scalars.decode(&bytes) {
    let isControl = scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
    if !isControl, !scalar.properties.isWhitespace { return }
  }
  throw .argument("\(name()) is empty, expected a word or more")
}

@_cdecl("actionclip_classifier_create") @implementation
public func actionclip_classifier_create(
  _ model: OpaquePointer!, _ labels: UnsafePointer<UnsafePointer<CChar>?>!, _ label_count: Int,
  _ templates: UnsafePointer<UnsafePointer<CChar>?>!, _ template_count: Int, _ too_long: Int32,
  _ classifier_out: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
  actionclip_classifier_create_weighted(
    model, labels, label_count, templates, nil, template_count, too_long, classifier_out)
}

@_cdecl("actionclip_classifier_create_weighted") @implementation
public func actionclip_classifier_create_weighted(
  _ model: OpaquePointer!, _ labels: UnsafePointer<UnsafePointer<CChar>?>!, _ label_count: Int,
  _ templates: UnsafePointer<UnsafePointer<CChar>?>!, _ weights: UnsafePointer<Float>!,
  _ template_count: Int, _ too_long: Int32, _ classifier_out: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
  longCall { () throws(Failure) in
    let loaded = try Handle.object(model, LoadedModel.self)
    let out = try required(classifier_out, "classifier_out")
    let labels = try labelTexts(labels, label_count)
    let texts = try chosenTemplates(templates, template_count, of: loaded)
    var shares = templates == nil ? loaded.templateWeights : nil
    if let weights {
      guard templates != nil else { throw .argument("weights is given but templates is NULL") }
      shares = try ActionCLIPABI.weights(weights, template_count, "weights")
    }
    let truncate = try truncates(too_long)
    out.pointee = try Handle.make(
      Classifier(loaded, labels: labels, templates: texts, weights: shares, truncate: truncate))
  }
}

@_cdecl("actionclip_classifier_create_described") @implementation
public func actionclip_classifier_create_described(
  _ model: OpaquePointer!, _ labels: UnsafePointer<UnsafePointer<CChar>?>!, _ label_count: Int,
  _ texts: UnsafePointer<UnsafePointer<CChar>?>!, _ label_of_text: UnsafePointer<Int32>!,
  _ weights: UnsafePointer<Float>!, _ text_count: Int, _ too_long: Int32,
  _ classifier_out: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
  longCall { () throws(Failure) in
    let loaded = try Handle.object(model, LoadedModel.self)
    let out = try required(classifier_out, "classifier_out")
    let descriptions = try descriptions(labels, label_count, texts, label_of_text, weights, text_count)
    out.pointee = try Handle.make(Classifier(loaded, descriptions, truncate: truncates(too_long)))
  }
}

@_cdecl("actionclip_classifier_free") @implementation
public func actionclip_classifier_free(_ classifier: OpaquePointer!) {
  Handle.release(classifier, Classifier.self)
}

@_cdecl("actionclip_classifier_set_labels") @implementation
public func actionclip_classifier_set_labels(
  _ classifier: OpaquePointer!, _ labels: UnsafePointer<UnsafePointer<CChar>?>!, _ label_count: Int,
  _ generation_out: UnsafeMutablePointer<Int64>!
) -> Int32 {
  longCall { () throws(Failure) in
    let classifier = try Handle.object(classifier, Classifier.self)
    let generation = try classifier.set(labelTexts(labels, label_count))
    generation_out?.pointee = generation
  }
}

@_cdecl("actionclip_classifier_label_count") @implementation
public func actionclip_classifier_label_count(_ classifier: OpaquePointer!) -> Int32 {
  counting { () throws(Failure) in try Handle.object(classifier, Classifier.self).labelList.count }
}

@_cdecl("actionclip_classifier_score") @implementation
public func actionclip_classifier_score(
  _ classifier: OpaquePointer!, _ videos: UnsafePointer<Float>!, _ video_count: Int, _ scale: Float,
  _ probabilities_out: UnsafeMutablePointer<Float>!, _ probabilities_capacity: Int,
  _ label_count_out: UnsafeMutablePointer<Int>!, _ generation_out: UnsafeMutablePointer<Int64>!
) -> Int32 {
  longCall { () throws(Failure) in
    let list = try Handle.object(classifier, Classifier.self).labelList
    try score(list, videos, video_count, scale, probabilities_out, probabilities_capacity)
    label_count_out?.pointee = list.count
    generation_out?.pointee = list.generation
  }
}

@_cdecl("actionclip_classifier_label_list") @implementation
public func actionclip_classifier_label_list(
  _ classifier: OpaquePointer!, _ list_out: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
  boundary { () throws(Failure) in
    let classifier = try Handle.object(classifier, Classifier.self)
    let out = try required(list_out, "list_out")
    out.pointee = try Handle.make(classifier.labelList)
  }
}

@_cdecl("actionclip_label_list_free") @implementation
public func actionclip_label_list_free(_ list: OpaquePointer!) { Handle.release(list, LabelList.self) }

@_cdecl("actionclip_label_list_count") @implementation
public func actionclip_label_list_count(_ list: OpaquePointer!) -> Int32 {
  counting { () throws(Failure) in try Handle.object(list, LabelList.self).count }
}

@_cdecl("actionclip_label_list_generation") @implementation
public func actionclip_label_list_generation(_ list: OpaquePointer!) -> Int64 {
  var generation: Int64 = 0
  let status = boundary { () throws(Failure) in
    generation = try Handle.object(list, LabelList.self).generation
  }
  return status == ACTIONCLIP_OK ? generation : Int64(status)
}

@_cdecl("actionclip_label_list_label") @implementation
public func actionclip_label_list_label(_ list: OpaquePointer!, _ index: Int32) -> UnsafePointer<CChar>! {
  string(list, LabelList.self) { $0.labels.cString(Int(index)) }
}

@_cdecl("actionclip_label_list_score") @implementation
public func actionclip_label_list_score(
  _ list: OpaquePointer!, _ videos: UnsafePointer<Float>!, _ video_count: Int, _ scale: Float,
  _ probabilities_out: UnsafeMutablePointer<Float>!, _ probabilities_capacity: Int
) -> Int32 {
  longCall { () throws(Failure) in
    let list = try Handle.object(list, LabelList.self)
    try score(list, videos, video_count, scale, probabilities_out, probabilities_capacity)
  }
}

@_cdecl("actionclip_label_list_directions") @implementation
public func actionclip_label_list_directions(
  _ list: OpaquePointer!, _ directions_out: UnsafeMutablePointer<Float>!, _ directions_capacity: Int
) -> Int32 {
  longCall { () throws(Failure) in
    let list = try Handle.object(list, LabelList.self)
    let needed = try product([list.count, list.embeddingSize], "directions_out")
    try list.directions(
      to: output(directions_out, capacity: directions_capacity, needed: needed, "directions_out"))
  }
}

/// Scores videos with a list of labels; every argument is checked before anything is written.
private func score(
  _ list: LabelList, _ videos: UnsafePointer<Float>?, _ video_count: Int, _ scale: Float,
  _ probabilities_out: UnsafeMutablePointer<Float>?, _ probabilities_capacity: Int
) throws(Failure) {
  let videoCount = try videoCount(video_count, list)
  let videos = try required(videos, "videos")
  let scale = try checkedScale(scale)
  let needed = try product([videoCount, list.count], "probabilities_out")
  let out = try output(
    probabilities_out, capacity: probabilities_capacity, needed: needed, "probabilities_out")
  try list.score(videos, videoCount, scale: scale, to: out)
}

@_cdecl("actionclip_label_list_decide") @implementation
public func actionclip_label_list_decide(
  _ list: OpaquePointer!, _ videos: UnsafePointer<Float>!, _ video_count: Int,
  _ labels_out: UnsafeMutablePointer<Int32>!, _ labels_capacity: Int,
  _ probabilities_out: UnsafeMutablePointer<Float>!, _ margins_out: UnsafeMutablePointer<Float>!
) -> Int32 {
  longCall { () throws(Failure) in
    let list = try Handle.object(list, LabelList.self)
    let videoCount = try videoCount(video_count, list)
    let videos = try required(videos, "videos")
    let labels = try output(labels_out, capacity: labels_capacity, needed: videoCount, "labels_out")
    try list.decide(videos, videoCount) { video, decision in
      labels[video] = decision.label.map { Int32(clamping: $0) } ?? -1
      probabilities_out?[video] = decision.probability
      margins_out?[video] = decision.margin
    }
  }
}

@_cdecl("actionclip_label_list_reject_threshold") @implementation
public func actionclip_label_list_reject_threshold(_ list: OpaquePointer!) -> Double {
  threshold { () throws(Failure) in try Handle.object(list, LabelList.self).rules?.rejectThreshold ?? 0 }
}

@_cdecl("actionclip_label_list_score_independent") @implementation
public func actionclip_label_list_score_independent(
  _ list: OpaquePointer!, _ videos: UnsafePointer<Float>!, _ video_count: Int,
  _ probabilities_out: UnsafeMutablePointer<Float>!, _ probabilities_capacity: Int
) -> Int32 {
  longCall { () throws(Failure) in
    let list = try Handle.object(list, LabelList.self)
    let videoCount = try videoCount(video_count, list)
    let videos = try required(videos, "videos")
    let needed = try product([videoCount, list.count], "probabilities_out")
    let out = try output(
      probabilities_out, capacity: probabilities_capacity, needed: needed, "probabilities_out")
    try list.scoreIndependently(videos, videoCount, to: out)
  }
}

@_cdecl("actionclip_label_list_threshold") @implementation
public func actionclip_label_list_threshold(_ list: OpaquePointer!, _ index: Int32) -> Double {
  threshold { () throws(Failure) in
    let list = try Handle.object(list, LabelList.self)
    guard index >= 0, Int(index) < list.count else {
      throw .argument("index is \(index), and the list has \(list.count) labels")
    }
    return try list.threshold(of: Int(index))
  }
}

/// Runs an exported function whose result is a threshold, or a negative status.
private func threshold(_ body: () throws(Failure) -> Double) -> Double {
  var found = 0.0
  let status = boundary { () throws(Failure) in found = try body() }
  return status == ACTIONCLIP_OK ? found : Double(status)
}

/// Checks a number of videos, whose rows a list is to score.
private func videoCount(_ video_count: Int, _ list: LabelList) throws(Failure) -> Int {
  let count = try count(video_count, "video_count")
  _ = try product([count, list.videoSize, 4], "videos")
  return count
}
