import Foundation
import Numerics
import System
import Testing

@testable import Training

/// Losses against their definitions, and their gradients against central differences.
struct LossTests {
  /// Embeddings of a small batch.
  private struct Batch {
    let videos, texts: [Float]
    let labels: [[Int]]
    var size: Int { 5 }

    init(labels: [[Int]], texts: Int) {
      self.labels = labels
      videos = (0..<labels.count * 5).map { sin(Float($0 * $0) * 0.7) + 0.1 }
      self.texts = (0..<texts * 5).map { cos(Float($0 * $0) * 0.3) * 2 }
    }

    func loss(_ kind: TrainingLoss, _ videos: [Float], _ texts: [Float], _ logScale: Double) throws -> Double
    {
      try BatchLoss(
        kind, videos: videos, labels: LabelSets(labels), texts: texts, textCount: texts.count / size,
        size: size, logScale: logScale
      ).loss
    }

    /// All numbers' gradients: the videos', the texts' and logit_scale's.
    func gradients(_ kind: TrainingLoss, _ logScale: Double) throws -> [Double] {
      let loss = try BatchLoss(
        kind, videos: videos, labels: LabelSets(labels), texts: texts, textCount: texts.count / size,
        size: size, logScale: logScale)
      return (0..<videos.count).map { Double(loss.videoGradient[$0]) }
        + (0..<texts.count).map { Double(loss.textGradient[$0]) } + [loss.logScaleGradient]
    }

    /// The definition, from unit vectors in double.
    func definition(_ kind: TrainingLoss, _ videos: [Double], _ texts: [Double], _ logScale: Double) -> Double
    {
      func unit(_ rows: [Double]) -> [[Double]] {
        stride(from: 0, to: rows.count, by: size).map { start in
          let row = Array(rows[start..<start + size])
          let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
          return row.map { $0 / length }
        }
      }
      func softmax(_ row: [Double]) -> [Double] {
        let exps = row.map { exp($0) }
        return exps.map { $0 / exps.reduce(0, +) }
      }
      func divergence(_ q: [Double], _ p: [Double]) -> Double {
        zip(q, p).reduce(0) { $0 + ($1.0 > 0 ? $1.0 * log($1.0 / $1.1) : 0) }
      }
      let (v, t) = (unit(videos), unit(texts))
      let logits = v.map { a in t.map { b in exp(logScale) * zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } } }
      guard kind == .multiPositive else {
        return logits.enumerated().reduce(0) { sum, row in
          let p = softmax(row.element)
          return sum - labels[row.offset].reduce(0) { $0 + log(p[$1]) } / Double(labels[row.offset].count)
        } / Double(v.count)
      }
      let targets = labels.map { a in
        softmax(labels.map { b in Set(a).isDisjoint(with: b) ? 0 : 10 })
      }
      let columns = t.indices.map { i in logits.map { $0[i] } }
      let ways = [logits, columns].map { rows in
        zip(targets, rows).reduce(0) { $0 + divergence($1.0, softmax($1.1)) } / Double(v.count)
      }
      return (ways[0] + ways[1]) / 2
    }
  }

  private static let batches: [(TrainingLoss, [[Int]], Int)] = [
    (.multiPositive, [[0], [1], [0], [2]], 4), (.multiPositive, [[0, 3], [1], [3], [1, 2]], 4),
    (.crossEntropy, [[0], [2], [1, 2]], 3), (.crossEntropy, [[5], [0]], 6),
  ]

  @Test(arguments: batches.indices) func lossIsItsDefinition(index: Int) throws {
    let (kind, labels, texts) = Self.batches[index]
    let batch = Batch(labels: labels, texts: texts)
    let loss = try batch.loss(kind, batch.videos, batch.texts, 1.3)
    let expected = batch.definition(kind, batch.videos.map(Double.init), batch.texts.map(Double.init), 1.3)
    #expect(abs(loss - expected) < 1e-9)
  }

  /// Whether gradients agree with central differences of the definition.
  private func passes(_ batch: Batch, _ kind: TrainingLoss, _ gradients: [Double]) -> Bool {
    var point = (batch.videos + batch.texts).map(Double.init) + [1.3]
    let split = batch.videos.count
    let slopes = point.indices.map { i in
      let own = point[i]
      func loss(_ value: Double) -> Double {
        point[i] = value
        defer { point[i] = own }
        let last = point.count - 1
        return batch.definition(kind, Array(point[..<split]), Array(point[split..<last]), point[last])
      }
      return (loss(own + 1e-5) - loss(own - 1e-5)) / 2e-5
    }
    let largest = slopes.map(abs).max() ?? 0
    return zip(gradients, slopes).allSatisfy { a, n in
      abs(a - n) <= 1e-4 * (max(abs(a), abs(n)) + 1e-3 * largest)
    }
  }

  @Test(arguments: batches.indices) func gradientsAreDerivatives(index: Int) throws {
    let (kind, labels, texts) = Self.batches[index]
    let batch = Batch(labels: labels, texts: texts)
    let right = try batch.gradients(kind, 1.3)
    #expect(passes(batch, kind, right))
    #expect(!passes(batch, kind, right.map { $0 * 1.05 }))
    #expect(!passes(batch, kind, Array(right.dropLast()) + [0]))
  }

  @Test func refusesBatchesThatCannotBe() throws {
    let batch = Batch(labels: [[0], [4]], texts: 2)
    #expect(throws: Failure(.invalidArgument, "clip 1 has label 4, and there are 2 labels")) {
      try batch.loss(.crossEntropy, batch.videos, batch.texts, 1)
    }
    #expect(throws: Failure(.invalidArgument, "a batch of 2 clips has 1 texts")) {
      try batch.loss(.multiPositive, batch.videos, Array(batch.texts[..<5]), 1)
    }
    #expect(throws: Failure(.invalidArgument, "clip 1 has no label")) { try LabelSets([[0], []]) }
  }

  /// Embeddings of zeros have no direction, and get no gradient.
  @Test func zerosHaveNoGradient() throws {
    let batch = Batch(labels: [[0], [1]], texts: 2)
    let videos = [Float](repeating: 0, count: 5) + batch.videos[5...]
    let loss = try BatchLoss(
      .multiPositive, videos: videos, labels: LabelSets(batch.labels), texts: batch.texts, textCount: 2,
      size: 5, logScale: 2)
    let (isFinite, first) = (loss.isFinite, (0..<5).map { loss.videoGradient[$0] })
    #expect(isFinite && first == [0, 0, 0, 0, 0])
  }
}
