import CActionCLIP
import Model
import Numerics

// Classifiers: labels whose embeddings are kept.

private func texts(_ labels: Texts?, _ label_count: Int) throws(Failure) -> [String] {
  let labels = try required(labels, "labels")
  let limit = 1 << 20
  guard (1...limit).contains(label_count) else {
    throw .argument("label_count is \(UInt(bitPattern: label_count)), expected 1 to \(limit)")
  }
  var texts: [String] = []
  for index in 0..<label_count { texts.append(try string(labels[index], "labels[\(index)]")) }
  return texts
}

@_cdecl("actionclip_classifier_create") @implementation
public func actionclip_classifier_create(
  _ model: OpaquePointer!, _ labels: UnsafePointer<UnsafePointer<CChar>?>!, _ label_count: Int,
  _ templates: UnsafePointer<UnsafePointer<CChar>?>!, _ template_count: Int, _ too_long: Int32,
  _ classifier_out: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
  boundary { () throws(Failure) in
    let loaded = try Handle.object(model, LoadedModel.self)
    let out = try required(classifier_out, "classifier_out")
    let labels = try texts(labels, label_count)
    let templates = try chosenTemplates(templates, template_count, of: loaded)
    out.pointee = try Handle.make(
      LoadedClassifier(loaded, labels: labels, templates: templates, truncate: try truncates(too_long)))
  }
}

@_cdecl("actionclip_classifier_free") @implementation
public func actionclip_classifier_free(_ classifier: OpaquePointer!) {
  Handle.release(classifier, LoadedClassifier.self)
}

@_cdecl("actionclip_classifier_set_labels") @implementation
public func actionclip_classifier_set_labels(
  _ classifier: OpaquePointer!, _ labels: UnsafePointer<UnsafePointer<CChar>?>!, _ label_count: Int
) -> Int32 {
  boundary { () throws(Failure) in
    let classifier = try Handle.object(classifier, LoadedClassifier.self)
    try classifier.set(texts(labels, label_count))
  }
}

@_cdecl("actionclip_classifier_label_count") @implementation
public func actionclip_classifier_label_count(_ classifier: OpaquePointer!) -> Int32 {
  counting { () throws(Failure) in try Handle.object(classifier, LoadedClassifier.self).labelSet.count }
}

@_cdecl("actionclip_classifier_score") @implementation
public func actionclip_classifier_score(
  _ classifier: OpaquePointer!, _ videos: UnsafePointer<Float>!, _ video_count: Int, _ scale: Float,
  _ probabilities_out: UnsafeMutablePointer<Float>!, _ probabilities_capacity: Int
) -> Int32 {
  boundary { () throws(Failure) in
    let classifier = try Handle.object(classifier, LoadedClassifier.self)
    let size = classifier.loaded.configuration.embeddingSize
    let videoCount = try count(video_count, "video_count")
    _ = try product([videoCount, size, 4], "videos")
    let videos = try required(videos, "videos")
    let scale = try checkedScale(scale)
    let set = classifier.labelSet
    let needed = try product([videoCount, set.count], "probabilities_out")
    let out = try output(
      probabilities_out, capacity: probabilities_capacity, needed: needed, "probabilities_out")
    do throws(ModelError) {
      try Similarity.probabilities(
        videos, videoCount, set.texts.pointer, templates: classifier.templateCount, classes: set.count,
        size: size, scale: scale, to: out)
    } catch { throw Failure(error) }
    extendLifetime(set)
  }
}
