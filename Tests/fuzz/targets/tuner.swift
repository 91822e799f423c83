// fuzz: -max_len=12288
import Glibc
import Model
import Numerics
import System

@testable import Training
@testable import Weights

/// The state of a tuner in memory, of a tiny model whose temporal head is trained, in fp32 and in bf16: what is accepted
/// takes a step, or says why not. An input that begins as a cache of clips does is one: what it has is right, or the step
/// is the one without it.
@_cdecl("fuzz_tuner")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  let bytes = UnsafeRawBufferPointer(start: data, count: size)
  if bytes.starts(with: "actionclip activations".utf8) {
    keep(bytes)
    return 0
  }
  guard !bytes.starts(with: "PK".utf8), let file = try? WeightsFile(bytes: bytes) else { return 0 }
  for tuner in tuners { goOn(from: file, tuner) }
  return 0
}

private func goOn(from file: WeightsFile, _ tuner: Tuner) {
  do throws(Failure) {
    var steps = 0
    do throws(Failure) {
      steps = try Tuner.checked(file, TunerIdentity(model: "a"), tuner.recipe, tuner.sizes)
    } catch {
      precondition(!error.message.isEmpty && error.kind != .internal)
    }
    try tuner.read(file, steps)
    precondition(tuner.steps == steps)
    let report = try tuner.step(TinyBatch())
    precondition(tuner.steps == steps + 1 && report.loss.isFinite && report.gradientNorm.isFinite)
    for tensor in tuner.state where tensor.name.hasPrefix("square/") {
      precondition(!tensor.numbers.buffer.contains { $0 < 0 })
    }
  } catch { precondition(!error.message.isEmpty && error.kind != .internal) }
}

/// Takes the bytes for the cache of a tuner's clips.
private func keep(_ bytes: UnsafeRawBufferPointer) {
  precondition(
    ftruncate(descriptor, 0) == 0 && pwrite(descriptor, bytes.baseAddress, bytes.count, 0) == bytes.count)
  do throws(Failure) {
    let cache = Tuner.CacheFile(
      path: FilePath(bytes: Array("/proc/self/fd/\(descriptor)".utf8)), identity: "a")
    let report = try make(.bf16, cache).step(TinyBatch())
    precondition(report == plain)
  } catch { precondition(!error.message.isEmpty && error.kind != .internal) }
}

/// A file without a name, which holds each cache in turn.
private let descriptor: CInt = {
  var name = Array("/tmp/actionclip-fuzz-XXXXXX".utf8CString)
  let descriptor = mkstemp(&name)
  unlink(name)
  return descriptor
}()

/// The first step of a tuner in bf16 that keeps no clips.
private let plain: Tuner.Report = {
  do throws(Failure) { return try make(.bf16, nil).step(TinyBatch()) } catch { fatalError(error.message) }
}()

/// Every input is given to these. A state that is refused may have left numbers in them, which the next one replaces.
private nonisolated(unsafe) let tuners: [Tuner] = {
  do throws(Failure) { return [try make(.fp32, nil), try make(.bf16, nil)] } catch {
    fatalError(error.message)
  }
}()

private let base: ActionCLIP = {
  do throws(Failure) {
    return try ActionCLIP(
      TinyTensors(), options: LoadOptions(frames: 2, threads: 1), declaresOptions: false)
  } catch { fatalError(error.message) }
}()

private func make(_ precision: Precision, _ cache: Tuner.CacheFile?) throws(Failure) -> Tuner {
  try Tuner(
    base, TrainedParts(), .anchored,
    Tuner.Sizes(clips: 2, texts: 2, stepsPerEpoch: 5, cachedViews: cache == nil ? 0 : 2),
    precision: precision, cache: cache, options: LoadOptions(frames: 2, threads: 1))
}

/// Two clips of two labels.
private final class TinyBatch: TrainingBatch {
  let labels: LabelSets
  private let ids: GrowingArray<Int32>  // [2, C]
  var textCount: Int { 2 }
  var tokens: UnsafePointer<Int32> { UnsafePointer(ids.base) }
  func view(of clip: Int) -> Int? { clip }

  init() throws(Failure) {
    labels = try LabelSets([[0], [1]])
    var ids = GrowingArray<Int32>()
    for id: Int32 in [18, 1, 19, 0, 18, 3, 4, 19] { try ids.append(id) }
    self.ids = ids
  }

  func write(clip: Int, to pixels: UnsafeMutablePointer<Float>) throws(Failure) {
    for i in 0..<2 * 3 * 4 * 4 { pixels[i] = Float((i * 7 + clip * 5) % 11) / 5 - 1 }
  }
}

/// A model of one block an encoder, of 4 x 4 pixels and 16 numbers an embedding, with the head Conv_1D.
private struct TinyTensors: ComputedTensors {
  private static let shapes: [(name: String, shape: [Int])] = {
    var all: [(String, [Int])] = [
      ("visual.conv1.weight", [64, 3, 4, 4]), ("visual.class_embedding", [64]),
      ("visual.positional_embedding", [2, 64]), ("visual.proj", [64, 16]),
      ("token_embedding.weight", [20, 64]), ("positional_embedding", [4, 64]), ("text_projection", [64, 16]),
      ("fusion.shift.weight", [16, 1, 3]), ("logit_scale", []),
    ]
    for norm in ["visual.ln_pre", "visual.ln_post", "ln_final"] {
      all += [(norm + ".weight", [64]), (norm + ".bias", [64])]
    }
    for prefix in ["visual.transformer.resblocks.0.", "transformer.resblocks.0."] {
      for name in [
        "ln_1.weight", "ln_1.bias", "ln_2.weight", "ln_2.bias", "attn.out_proj.bias", "mlp.c_proj.bias",
      ] {
        all.append((prefix + name, [64]))
      }
      all += [
        (prefix + "attn.in_proj_weight", [192, 64]), (prefix + "attn.in_proj_bias", [192]),
        (prefix + "attn.out_proj.weight", [64, 64]), (prefix + "mlp.c_fc.weight", [32, 64]),
        (prefix + "mlp.c_fc.bias", [32]), (prefix + "mlp.c_proj.weight", [64, 32]),
      ]
    }
    return all
  }()

  var names: [String] { Self.shapes.map(\.name) }

  func info(_ name: String) -> TensorInfo? {
    Self.shapes.first { $0.name == name }.flatMap {
      TensorInfo(name: name, elementType: .f32, shape: $0.shape)
    }
  }

  func read(_ name: String, into destination: UnsafeMutableBufferPointer<Float>) throws(Failure) {
    for i in 0..<destination.count { destination[i] = Float(i * 37 % 101) / 500 - 0.1 }
  }
}
