import Adaptation
import Model
import Numerics
import System
import Text

/// An example of a classifier: a clip of one or more views.
public struct Example {
  /// The index of its label in the present list; nil: the list does not have the label.
  public let label: Int?
  /// 0 or more where the caller chose it, below 0 where the library did.
  public let clip: Int64
  public let views: Int
}

extension Classifier {
  /// Adds examples of a label, and updates a fit with them. `videos` are rows, [count, videoSize]. On failure nothing is
  /// added.
  public func add(
    _ videos: UnsafePointer<Float>, _ count: Int, label: UnsafeBufferPointer<UInt8>, _ clips: ClipChoice
  ) throws(Failure) {
    _ = try change { (state) throws(Failure) in
      let column = try column(of: label, in: state.list)
      var next = state
      next.examples = try state.examples.adding(
        videos, stride: loaded.model.videoSize, count, label: label, clips)
      guard let options = state.options else { return next }
      next.list = list(
        state.list.set,
        fit: try updated(state, with: next.examples, label: column, options),
        after: state.list)
      return next
    }
  }

  /// Removes clips, and fits again if the classifier is fitted. Throws, with nothing removed, if one is not there.
  public func remove(clips ids: UnsafeBufferPointer<Int64>) throws(Failure) {
    try remove { (examples, marks) throws(Failure) in
      for (index, id) in ids.enumerated() {
        guard let clip = examples.clip(id) else {
          throw .argument("clip_ids[\(index)] is \(id), and the classifier has no such clip")
        }
        marks[clip] = true
      }
    }
  }

  /// Removes all examples of a label, or all there are with nil, and fits again if the classifier is fitted. Throws if
  /// the label is neither in the present list nor an example's.
  public func removeExamples(of label: UnsafeBufferPointer<UInt8>?) throws(Failure) {
    let list = labelList
    try remove { (examples, marks) throws(Failure) in
      var isKnown = label == nil
      for clip in 0..<examples.clips.count {
        let own = examples.label(of: examples.clips[clip])
        if label.map({ $0.elementsEqual(own) }) ?? true { (marks[clip], isKnown) = (true, true) }
      }
      if let label, !isKnown { _ = try column(of: label, in: list) }
    }
  }

  /// Removes the clips that `mark` marks.
  private func remove(
    _ mark: (ExampleSet, UnsafeMutableBufferPointer<Bool>) throws(Failure) -> Void
  ) throws(Failure) {
    _ = try change { (state) throws(Failure) in
      let marks = try GrowingArray<Bool>(repeating: false, count: state.examples.clips.count)
      try mark(state.examples, marks.buffer)
      var next = state
      next.examples = try state.examples.removing { marks[$0] }
      return state.options == nil ? next : try refitted(next, labels: state.list.set)
    }
  }

  /// The number of clips.
  public var exampleCount: Int { state.examples.clips.count }

  /// The clip at `index`, in the order of adding; nil if there is none.
  public func example(_ index: Int) -> Example? {
    let state = state
    guard index >= 0, index < state.examples.clips.count else { return nil }
    let clip = state.examples.clips[index]
    return Example(
      label: state.list.set.column(of: state.examples.label(of: clip)), clip: clip.id, views: clip.views)
  }

  /// Throws if the classifier does not have a label, before work for it begins.
  func checkKnown(_ label: UnsafeBufferPointer<UInt8>) throws(Failure) {
    _ = try column(of: label, in: labelList)
  }

  /// The index of a label. Throws if a list does not have it; the message names the nearest label.
  private func column(
    of label: UnsafeBufferPointer<UInt8>, in list: LabelList
  ) throws(Failure) -> Int {
    if let column = list.set.column(of: label) { return column }
    let nearest = nearestText(to: label, in: list.labels)
    let advice = nearest.map { "; the nearest is \(quoted(list.labels[$0], limit: 60))" } ?? ""
    throw .argument(
      "\(quoted(label, limit: 60)) is none of the classifier's \(list.count) labels\(advice)")
  }
}
