import CActionCLIP
import FoundationEssentials
import Glibc

/// The log of training, as JSON lines beside the saved state: a line for each step, and one for each measurement. A run
/// that goes on reads it back, so that its report has the whole of it.
final class TuningLog {
  /// A step as it was.
  struct Step: Decodable {
    let step: Int64
    let loss, rate, scale, gradientNorm: Double

    init(_ result: actionclip_tuner_result) {
      step = result.step
      (loss, rate, scale, gradientNorm) = (result.loss, result.rate, result.scale, result.gradient_norm)
    }

    var json: JSONValue {
      [
        "step": .int(step), "loss": .double(loss), "rate": .double(rate), "scale": .double(scale),
        "gradient_norm": .double(gradientNorm),
      ]
    }
  }

  /// Accuracies after a step, of the mixture at `alpha`; at step 0, of the model before training.
  struct Point: Decodable {
    let afterStep: Int64
    let alpha: Double
    let heldOut, oldWords: Share?

    struct Share: Decodable {
      let right, amongFive, clips: Int

      init(_ accuracy: Accuracy) {
        (right, amongFive, clips) = (accuracy.top1.hits, accuracy.top5.hits, accuracy.top1.of)
      }

      var accuracy: Accuracy { Accuracy(right: right, amongFive: amongFive, clips: clips) }

      var json: JSONValue {
        [
          "right": .int(Int64(right)), "among_five": .int(Int64(amongFive)), "clips": .int(Int64(clips)),
        ]
      }
    }

    init(afterStep: Int64, alpha: Double, _ scores: TuningMeasure.Scores) {
      (self.afterStep, self.alpha) = (afterStep, alpha)
      let (heldOut, oldWords) = scores.accuracy
      self.heldOut = heldOut.map { Share($0) }
      self.oldWords = oldWords.map { Share($0) }
    }

    var json: JSONValue {
      [
        "after_step": .int(afterStep), "alpha": .double(alpha), "held_out": heldOut?.json ?? .null,
        "old_words": oldWords?.json ?? .null,
      ]
    }
  }

  private(set) var steps: [Step] = []
  private(set) var points: [Point] = []
  private let path: FilePath
  private let descriptor: Int32
  /// Whether lines go to standard output too.
  private let isTold: Bool

  /// - Parameters:
  ///   - steps: the steps of the state that the run goes on from, whose lines are kept; 0: none.
  ///   - alpha: the mixture that is measured; other measurements are not kept.
  init(_ path: FilePath, keeping steps: Int64, alpha: Double, isTold: Bool) throws(CommandError) {
    (self.path, self.isTold) = (path, isTold)
    let old = steps > 0 && path.exists ? try Files.read(path) : []
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    for line in old.split(separator: 0x0A) {
      let data = Data(line)
      if let step = try? decoder.decode(Step.self, from: data), step.step <= steps {
        self.steps.append(step)
      } else if let point = try? decoder.decode(Point.self, from: data), point.afterStep <= steps,
        point.afterStep > 0, point.alpha == alpha
      {
        points.append(point)
      }
    }
    let kept = self.steps.map(\.json) + points.map(\.json)
    try Files.replace(path, with: Array(kept.map { $0.text + "\n" }.joined().utf8))
    descriptor = open(path.cString, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else { throw CommandError.system(path.shown) }
  }

  deinit { close(descriptor) }

  func add(_ result: actionclip_tuner_result) throws {
    let step = Step(result)
    steps.append(step)
    try write(step.json)
  }

  func add(_ point: Point) throws {
    points.append(point)
    try write(point.json)
  }

  func hasPoint(afterStep step: Int64) -> Bool { points.contains { $0.afterStep == step } }

  private func write(_ value: JSONValue) throws {
    try Files.write(Array((value.text + "\n").utf8)[...], to: descriptor, name: path.shown)
    if isTold { try Output().line(value.text) }
  }
}
