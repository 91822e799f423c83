import Digest
import Model
import Numerics
import System
import TensorNames
import Training

/// Hashes that tell a tuner from others: a saved state compares them, and so does a file with the numbers of clips that no
/// training changes. Every parameter and all pixels are hashed once for both.
struct TuningHashes {
  /// Everything that a state must find again.
  let identity: TunerIdentity
  /// A hash of what a clip's numbers below the lowest trained block follow from: the image encoder's parameters that are
  /// not trained, its form, and the clips' pixels. Seed, batch, labels and all else about the texts and the head may
  /// change.
  let frozen: String

  /// `base` is the network that training begins with.
  init(_ tuner: ModelTuner, _ base: ActionCLIP) throws(Failure) {
    var (model, frozen) = (SHA256(), SHA256())
    model.add(tuner.loaded.optionsThatChangeEmbeddings)
    let c = base.configuration
    frozen.add(
      "joint \(c.joint) shift \(c.temporalShift) frames \(c.frames) \(c.activation.name) heads \(c.visionHeads) epsilon "
        + "\(c.epsilon)")
    // Every number, as it is held: training begins with them.
    for parameter in base.parameters {
      try checkCancelled()
      let values = try parameter.values()
      let digest = SHA256.hash(of: UnsafeRawBufferPointer(values.buffer)).hexadecimal
      extendLifetime(values)
      let line = "\(parameter.name) \(parameter.shape) \(digest)"
      model.add(line)
      guard parameter.name.hasPrefix(TensorNames.Vision.prefix),
        !tuner.options.parts.contains(parameter.name, in: c)
      else { continue }
      frozen.add(line)
    }
    var (texts, clips) = (SHA256(), SHA256())
    tuner.texts.add(to: &texts)
    for index in 0..<tuner.trained.count {
      try checkCancelled()
      var pixels = SHA256()
      tuner.trained[index].addPixels(to: &pixels)
      let digest = pixels.finish().hexadecimal
      frozen.add(digest)
      clips.add(digest)
      tuner.trained[index].addLabels(to: &clips)
    }
    identity = TunerIdentity(
      options: tuner.options.identity, model: model.finish().hexadecimal,
      texts: texts.finish().hexadecimal, clips: clips.finish().hexadecimal)
    self.frozen = frozen.finish().hexadecimal
  }
}
