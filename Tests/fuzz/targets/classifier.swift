// fuzz: -max_len=4096
import Numerics
import System

@testable import Adaptation
@testable import Session
@testable import Weights

/// A taught classifier's file in memory: what is accepted scores, and takes in another clip or says why not.
@_cdecl("fuzz_classifier")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  let bytes = UnsafeRawBufferPointer(start: data, count: size)
  guard !bytes.starts(with: "PK".utf8), let file = try? WeightsFile(bytes: bytes) else { return 0 }
  do throws(Failure) { try use(file) } catch {
    precondition(!error.message.isEmpty && error.kind != .internal)
  }
  return 0
}

private func use(_ file: WeightsFile) throws(Failure) {
  let contents = try ClassifierContents(file)
  let (labels, size) = (contents.labels.count, contents.embeddingSize)
  let examples = contents.examples
  for row in 0..<examples.count { precondition(examples.clips[examples.clipOfRow[row]].views > 0) }
  let video = try FloatBuffer(count: size)
  video.base[0] = 1
  if labels > 0, examples.count < 100 {
    let more = try examples.adding(video.pointer, stride: size, 1, label: contents.labels.labels[0], .each)
    precondition(more.clips.count == examples.clips.count + 1)
  }
  guard contents.hasFit else { return }
  let saved = try ClassifierTensors(file).fit(labels: labels, embeddingSize: size)
  let texts = try FloatBuffer(count: labels * size)
  var fit = try AdaptedClassifier(saved, texts: texts, labelCount: labels, embeddingSize: size)
  if let next = try fit.adding(row: video.pointer, label: 0) { fit = next }
  let out = try FloatBuffer(count: labels)
  try fit.probabilities(video.pointer, 1, scale: 100, to: out.base)
  try fit.independentProbabilities(video.pointer, 1, to: out.base)
  extendLifetime((video, texts, out))
}
