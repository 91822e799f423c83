import Families
import Model
import System
import Weights

/// Options of loading a model.
public struct ModelOptions {
  /// Options of the network, its precision and its threads.
  public var network = LoadOptions()
  /// Whether the file's SHA-256 is computed, or compared with a given one.
  public var hashing = HashRequest.none
  /// CLIP's merge list or tokenizer.json; nil: the merge list inside the model's file, else a file beside it.
  public var tokenizer: FilePath?
  /// A CLIP file, or its name in Hugging Face, that gives the token embedding where the weights lack it.
  public var base: FilePath?
  /// The share of the base's weights in the model's, from 0 to below 1.
  public var baseShare = 0.0
  /// Whether the model is to be saved and nothing else: its numbers stay in the files until then.
  public var isForSaving = false
  /// The model's name in open_clip, which determines its activation and heads.
  public var openCLIPName: String?

  public init() {}

  /// The options that reading the files needs.
  func checkpoint() throws(Failure) -> CheckpointOptions {
    var options = CheckpointOptions()
    options.hashing = hashing
    options.base = try base.map { (base) throws(Failure) in try HubCache.path(base) }
    options.baseShare = baseShare
    options.openCLIPName = openCLIPName
    options.knowsActivation = network.activation != nil
    options.cached = HubCache.find
    return options
  }
}
