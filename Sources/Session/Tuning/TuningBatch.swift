import System
import Training

/// The clips of one step, with the view and the text drawn for each.
final class TuningBatch: TrainingBatch {
  let labels: LabelSets
  let textCount: Int
  private let clips: TunedClips
  /// The step's clips among `clips`, and the view of each.
  private let indices, views: GrowingArray<Int32>
  private let rows: GrowingArray<Int32>  // the texts among all
  private let ids: GrowingArray<Int32>  // [texts, C]
  private let draws: TuningDraws
  private let step: Int
  private let pixels: PixelDraws

  /// `indices` are the step's clips among `clips`.
  init(
    _ clips: TunedClips, _ indices: UnsafeBufferPointer<Int32>, _ texts: borrowing TuningTexts,
    _ draws: TuningDraws, step: Int, _ loss: TrainingLoss, _ pixels: PixelDraws
  ) throws(Failure) {
    textCount = loss == .crossEntropy ? texts.labels.count : indices.count
    let length = texts.contextLength
    let ids = try GrowingArray<Int32>(uninitialized: product([textCount, length], "texts"))
    let chosen = try GrowingArray<Int32>(uninitialized: textCount)
    let (rows, copies, places) = (texts.rows, ids.base, chosen.base)
    func write(_ row: Int, to place: Int) {
      (copies + place * length).update(from: rows + row * length, count: length)
      places[place] = Int32(clamping: row)
    }
    var own = GrowingArray<Int32>()
    var views = GrowingArray<Int32>()
    try own.append(contentsOf: indices)
    for (place, index) in indices.enumerated() {
      let clip = clips[Int(index)]
      var random = draws.clip(step: step, place: place)
      try views.append(Int32(clamping: random.index(below: clip.views)))
      guard loss == .multiPositive else { continue }
      let label = clip.labels[random.index(below: clip.labels.count)]
      write(texts.draw(Int(label), &random), to: place)
    }
    if loss == .crossEntropy {
      for label in 0..<textCount {
        var random = draws.label(step: step, label: label)
        write(texts.draw(label, &random), to: label)
      }
    }
    labels = try LabelSets(count: indices.count) { clips[Int(indices[$0])].labels.view }
    self.clips = clips
    self.indices = own
    self.views = views
    self.rows = chosen
    self.ids = ids
    (self.draws, self.step, self.pixels) = (draws, step, pixels)
    pixels.begin()
  }

  var tokens: UnsafePointer<Int32> { UnsafePointer(ids.base) }

  func write(clip: Int, to pixels: UnsafeMutablePointer<Float>) throws(Failure) {
    do throws(Failure) {
      try self.pixels.write(
        clips[Int(indices[clip])], view: Int(views[clip]), step: step, place: clip, to: pixels)
    } catch { throw error.kind == .cancelled ? error : error.about(name(of: clip)) }
  }

  func seed(of clip: Int) -> UInt64 { draws.dropout(step: step, place: clip) }
  func view(of clip: Int) -> Int? {
    let index = Int(indices[clip])
    return clips[index].isStable(pixels.rules) ? index * clips.mostViews + Int(views[clip]) : nil
  }
  func text(of row: Int) -> Int? { Int(rows[row]) }

  /// Clips are called by their index in the order of adding.
  func name(of clip: Int) -> String { "clip \(indices[clip])" }
}
