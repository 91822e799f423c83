import Synchronization
import System
import Training

/// The clips of one step, with the view and the text drawn for each.
struct TuningBatch: TrainingBatch {
  let labels: LabelSets
  let textCount: Int
  private let clips: [(clip: TunedClip, index: Int, view: Int)]
  private let memory: TuningTokens
  private let cancellation: TunerCancellation

  /// `indices` are the step's clips among `clips`.
  init(
    _ all: [TunedClip], _ indices: UnsafeBufferPointer<Int32>, _ texts: borrowing TuningTexts,
    _ draws: TuningDraws, step: Int, _ loss: TrainingLoss, _ cancellation: TunerCancellation
  ) throws(Failure) {
    var chosen: [(TunedClip, Int, Int)] = []
    var rows: [Int] = []
    for (place, index) in indices.enumerated() {
      let clip = all[Int(index)]
      var random = draws.clip(step: step, place: place)
      chosen.append((clip, Int(index), random.index(below: clip.views)))
      guard loss == .multiPositive else { continue }
      let label = clip.labels[random.index(below: clip.labels.count)]
      rows.append(texts.draw(label, &random))
    }
    if loss == .crossEntropy {
      for label in 0..<texts.labels.count {
        var random = draws.label(step: step, label: label)
        rows.append(texts.draw(label, &random))
      }
    }
    memory = try TuningTokens(rows, of: texts)
    clips = chosen
    textCount = rows.count
    labels = try LabelSets(chosen.map { $0.0.labels })
    self.cancellation = cancellation
  }

  var tokens: UnsafePointer<Int32> { memory.tokens }

  func write(clip: Int, to pixels: UnsafeMutablePointer<Float>) throws(Failure) {
    try cancellation.check()
    clips[clip].clip.write(view: clips[clip].view, to: pixels)
  }

  /// Clips are called by their index in the order of adding.
  func name(of clip: Int) -> String { "clip \(clips[clip].index)" }
}

/// The token ids of a batch's texts.
private final class TuningTokens: Sendable {
  private let rows: GrowingArray<Int32>  // [texts, C]
  var tokens: UnsafePointer<Int32> { UnsafePointer(rows.base) }

  init(_ chosen: [Int], of texts: borrowing TuningTexts) throws(Failure) {
    let length = texts.contextLength
    let copy = try GrowingArray<Int32>(uninitialized: product([chosen.count, length], "texts"))
    for (place, row) in chosen.enumerated() {
      (copy.base + place * length).update(from: texts.rows + row * length, count: length)
    }
    rows = copy
  }
}

/// A wish to end a tuner's present step, or the next one if there is none.
final class TunerCancellation: Sendable {
  private let isWanted = Atomic<Bool>(false)

  func want() { isWanted.store(true, ordering: .relaxed) }

  /// Throws where it is wanted, and uses the wish up.
  func check() throws(Failure) {
    if isWanted.exchange(false, ordering: .relaxed) {
      throw Failure(.cancelled, "cancelled by actionclip_tuner_cancel; later steps go on")
    }
  }
}
