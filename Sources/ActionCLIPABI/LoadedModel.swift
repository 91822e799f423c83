import CActionCLIP
import CShims
import Families
import Digest
import Glibc
import System
import Model
import ModelFile
import Numerics
import Preprocess
import Tokenizer
import Weights

/// What an actionclip_model handle holds: the model, and the tokenizer that was found for it.
final class LoadedModel: HandleObject, Sendable {
  static let magic: UInt64 = 0x4143_4C49_506D_6F64  // "ACLIPmod"
  static let name = "model"

  let model: ActionCLIP
  let tokenizer: Tokenizer?
  /// Why there is no tokenizer, for whoever asks for one.
  let tokenizerProblem: String
  let format: WeightsFormat
  let family: Family
  /// What the file said besides, without its merge list: the tokenizer has that.
  let metadata: ModelMetadata
  /// How frames are chosen and become the network's input where a caller says nothing of it.
  let preset: Preset
  /// Whether the vocabulary tells which words the model learned: it is not CLIP's but its own, and has every word of
  /// the file's labels whole.
  let knowsItsWords: Bool
  /// The file's hash in hexadecimal, or none.
  let sha256: TextList
  /// Lines for people.
  let assumptions: [StaticString]

  var configuration: Configuration { model.configuration }

  /// `path` is the file's, as the system takes it: it need not be UTF-8.
  init(
    _ weights: Checkpoint, path: UnsafePointer<CChar>?, options: actionclip_model_options
  ) throws(Failure) {
    let loadOptions = try LoadedModel.loadOptions(options)
    let file = path.map { FilePath($0).shown } ?? "the weights"
    // The reference's checkpoints always have this section, and their names tell every option.
    let declaresOptions = weights.sections.contains("fusion_model_state_dict")
    var metadata: ModelMetadata
    do throws(WeightsError) { metadata = try ModelMetadata(weights.metadata) } catch {
      throw error.about(file)
    }
    family = weights.family
    metadata.declared.add(weights.traits)
    do throws(ModelError) {
      model = try ActionCLIP(
        weights.tensors, options: loadOptions, declared: metadata.declared, declaresOptions: declaresOptions,
        describeUnknown: { ": \(weights.describe(unknown: $0))" })
    } catch {
      try LoadedModel.checkUnchanged(weights, file)  // a mix of two files looks like a damaged one
      throw error.about(file)
    }
    try LoadedModel.checkUnchanged(weights, file)
    do throws(WeightsError) { try metadata.check(model.configuration) } catch {
      throw error.about(file)
    }
    format = weights.format
    let vocabulary = model.configuration.vocabularySize
    if let named = options.tokenizer_path {
      tokenizer = try Tokenizer(cPath: named, vocabularySize: vocabulary)
      tokenizerProblem = ""
    } else if let merges = metadata.merges {
      do throws(TokenizerError) {
        tokenizer = try Tokenizer(mergeList: merges[0], vocabularySize: vocabulary)
      } catch { throw error.about("'actionclip.merges'").about(file) }
      tokenizerProblem = ""
      extendLifetime(merges)
    } else {
      (tokenizer, tokenizerProblem) = try LoadedModel.tokenizerBeside(path, weights.folder, vocabulary)
    }
    metadata.merges = nil
    // The file's word; else that of the family its weights are of, with the family's prompts.
    preset =
      metadata.preset ?? Preset(weights.family, weights.traits, imageSize: model.configuration.imageSize)
    do throws(PreprocessError) { try preset.check() } catch {
      guard error.kind != .outOfMemory else { throw error }
      throw Failure(
        .invalid, "\(file): mean and std beside the weights: \(error.message)")
    }
    if metadata.templates.isEmpty { metadata.templates = try TextList(preset.templates) }
    sha256 = try TextList(weights.sha256.map { [$0.hexadecimal] } ?? [])
    self.metadata = metadata
    knowsItsWords = try LabelNotes.areToldByVocabulary(tokenizer, metadata.labels)
    assumptions = LoadedModel.assumptions(
      model.configuration, weights.traits, isViewChosen: loadOptions.temporalView != nil)
  }

  /// One line for each property of the model that neither the file nor the caller states.
  private static func assumptions(
    _ c: Configuration, _ traits: FamilyTraits, isViewChosen: Bool
  ) -> [StaticString] {
    var lines: [StaticString] = []
    if c.activationIsAssumed {
      lines.append(
        "the encoders' activation, QuickGELU, which weights do not tell (option activation)")
    }
    if c.headsAreAssumed {
      lines.append(
        """
        the number of attention heads, which weights do not tell; the model's configuration beside it would, or its \
        name in open_clip (option open_clip_name)
        """)
    }
    if traits.framesAreAssumedApart, !isViewChosen {
      lines.append(
        """
        that the frames of a video do not see each other, which this Open-VCLIP's file does not tell; in Open-VCLIP's \
        published configurations they see 1 frame on each side (option temporal_view)
        """)
    }
    return lines
  }

  /// The tokenizer, or an error that says where one was looked for.
  func requiredTokenizer() throws(Failure) -> Tokenizer {
    guard let tokenizer else { throw Failure(.noTokenizer, tokenizerProblem) }
    return tokenizer
  }

  private static func checkUnchanged(_ weights: Checkpoint, _ file: String) throws(Failure) {
    do throws(WeightsError) { try weights.checkUnchanged() } catch { throw error.about(file) }
  }

  /// Names under which CLIP's tokenizer is kept: by CLIP itself, then by Hugging Face.
  private static let tokenizerNames = [
    "bpe_simple_vocab_16e6.txt.gz", "bpe_simple_vocab_16e6.txt", "merges.txt", "tokenizer.json",
  ]

  /// One that lies beside the weights but does not fit them is not an error before text is given. Want of
  /// memory and a failing disk say nothing about it: another load might have it.
  private static func tokenizerBeside(
    _ path: UnsafePointer<CChar>?, _ folder: FilePath?, _ vocabulary: Int
  ) throws(Failure) -> (Tokenizer?, problem: String) {
    let advice =
      "give CLIP's merge list or tokenizer.json to encode text (option tokenizer_path)"
    guard let path, let folder else { return (nil, "the model was loaded from memory: \(advice)") }
    for name in tokenizerNames {
      let file = folder.file(name)
      guard file.withCString({ access($0, R_OK) }) == 0 else { continue }
      do throws(TokenizerError) {
        return (
          try file.withCString { (path) throws(TokenizerError) in
            try Tokenizer(cPath: path, vocabularySize: vocabulary)
          }, ""
        )
      } catch {
        if [.outOfMemory, .fileRead, .cancelled].contains(error.kind) { throw error }
        return (nil, "the tokenizer beside the weights does not fit: \(error.message); \(advice)")
      }
    }
    let names = tokenizerNames.joined(separator: ", ")
    return (nil, "no tokenizer (\(names)) lies beside '\(FilePath(path).shown)': \(advice)")
  }

  private static func loadOptions(
    _ options: actionclip_model_options
  ) throws(Failure) -> LoadOptions {
    guard (-1...Configuration.maximumView).contains(Int(options.temporal_view)) else {
      throw .argument(
        "temporal_view is \(options.temporal_view), expected -1 to \(Configuration.maximumView) frames")
    }
    var precision: Precision?
    if options.compute_type != ACTIONCLIP_COMPUTE_DEFAULT {
      guard let chosen = Precision(rawValue: options.compute_type) else {
        throw .argument("compute_type is \(options.compute_type), expected ACTIONCLIP_COMPUTE_*")
      }
      precision = chosen
    }
    var activation: EncoderActivation?
    if options.activation != ACTIONCLIP_ACTIVATION_AS_CHECKPOINT {
      guard let chosen = EncoderActivation(rawValue: options.activation) else {
        throw .argument("activation is \(options.activation), expected ACTIONCLIP_ACTIVATION_*")
      }
      activation = chosen
    }
    var head: TemporalHeadKind?
    if options.head != ACTIONCLIP_HEAD_AS_CHECKPOINT {
      guard let chosen = TemporalHeadKind(rawValue: options.head) else {
        throw .argument("head is \(options.head), expected ACTIONCLIP_HEAD_*")
      }
      head = chosen
    }
    guard (0...Configuration.maximumFrames).contains(Int(options.frames)) else {
      throw .argument(
        "frames is \(options.frames), expected 0 to \(Configuration.maximumFrames)")
    }
    let processors = try processors(options)
    return LoadOptions(
      joint: try choice(options.joint, "joint"),
      temporalShift: try choice(options.temporal_shift, "temporal_shift"), head: head,
      frames: options.frames == 0 ? nil : Int(options.frames),
      threads: options.threads == 0 && !processors.isEmpty
        ? min(processors.count, 256) : try threadCount(options.threads, "threads"),
      processors: processors, precision: precision, activation: activation,
      temporalView: options.temporal_view == 0 ? nil : max(0, Int(options.temporal_view)))
  }

  private static func processors(
    _ options: actionclip_model_options
  ) throws(Failure) -> [Int32] {
    guard let processors = options.processors else {
      guard options.processor_count == 0 else {
        throw .argument("processors is NULL but processor_count is \(options.processor_count)")
      }
      return []
    }
    guard (1...1024).contains(options.processor_count) else {
      throw .argument("processor_count is \(options.processor_count), expected 1 to 1024")
    }
    let list = Array(UnsafeBufferPointer(start: processors, count: options.processor_count))
    for (index, processor) in list.enumerated() where cshims_is_processor(processor) == 0 {
      throw .argument("processors[\(index)] is \(processor), expected 0 to 1023")
    }
    return list
  }

  private static func choice(_ value: Int32, _ name: String) throws(Failure) -> Bool? {
    switch value {
    case ACTIONCLIP_AS_CHECKPOINT: return nil
    case ACTIONCLIP_ON: return true
    case ACTIONCLIP_OFF: return false
    default:
      throw .argument(
        "\(name) is \(value), expected ACTIONCLIP_AS_CHECKPOINT, _ON or _OFF")
    }
  }
}

/// A thread count from an option: 0 is one per processor that this process may use.
func threadCount(_ value: Int32, _ name: String) throws(Failure) -> Int {
  guard (0...256).contains(value) else { throw .argument("\(name) is \(value), expected 0 to 256") }
  if value > 0 { return Int(value) }
  return max(1, min(Int(cshims_available_processors()), 256))
}
