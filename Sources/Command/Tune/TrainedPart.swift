import ArgumentParser
import CActionCLIP

/// The part of an encoder that is trained.
enum TrainedPart: CustomStringConvertible, Equatable {
  case nothing, projection, everything
  /// The projection, and so many of the last blocks.
  case last(Int32)

  /// The part of the image encoder: "head" is nothing of it, since the temporal head is trained with every part.
  static func ofImage(_ argument: String) throws -> TrainedPart { try TrainedPart(argument, nothing: "head") }

  /// The part of the text encoder.
  static func ofText(_ argument: String) throws -> TrainedPart {
    try TrainedPart(argument, nothing: "nothing")
  }

  /// - Parameter nothing: the word for nothing in the message.
  private init(_ argument: String, nothing: String) throws {
    switch argument.lowercased() {
    case "nothing", "head": self = .nothing
    case "projection": self = .projection
    case "everything": self = .everything
    default:
      guard let digits = argument.lowercased().wholeMatch(of: /last:([0-9]+)/)?.1, let count = Int32(digits),
        count > 0
      else { throw ValidationError("expected \(nothing), projection, last:N or everything") }
      self = .last(count)
    }
  }

  var description: String {
    switch self {
    case .nothing: "nothing"
    case .projection: "projection"
    case .last(let count): "last:\(count)"
    case .everything: "everything"
    }
  }

  /// ACTIONCLIP_TRAIN_*, and the number of blocks.
  var code: (part: Int32, blocks: Int32) {
    switch self {
    case .nothing: (Int32(ACTIONCLIP_TRAIN_NOTHING), 0)
    case .projection: (Int32(ACTIONCLIP_TRAIN_PROJECTION), 0)
    case .last(let count): (Int32(ACTIONCLIP_TRAIN_BLOCKS), count)
    case .everything: (Int32(ACTIONCLIP_TRAIN_EVERYTHING), 0)
    }
  }
}

/// A preset of training.
enum Recipe: String, CaseIterable, ExpressibleByArgument {
  case anchored, reference

  var code: Int32 {
    switch self {
    case .anchored: Int32(ACTIONCLIP_RECIPE_ANCHORED)
    case .reference: Int32(ACTIONCLIP_RECIPE_REFERENCE)
    }
  }

  /// The share of the tuned weights in the model that is written.
  var alpha: Double { self == .anchored ? 0.5 : 1 }
}

/// An augmentation, by which crops of clips to train on are drawn.
enum Augmentation: String, CaseIterable, ExpressibleByArgument {
  case none, flip, reference
  case referenceK400 = "reference-k400"

  var code: Int32 {
    switch self {
    case .none: Int32(ACTIONCLIP_AUGMENT_NONE)
    case .flip: Int32(ACTIONCLIP_AUGMENT_FLIP)
    case .reference: Int32(ACTIONCLIP_AUGMENT_REFERENCE)
    case .referenceK400: Int32(ACTIONCLIP_AUGMENT_REFERENCE_K400)
    }
  }
}

/// A rule for the clips that may be mirrored.
enum Mirroring: String, CaseIterable, ExpressibleByArgument {
  case unlessSided = "unless-sided"
  case on, off

  var code: Int32 {
    switch self {
    case .unlessSided: Int32(ACTIONCLIP_MIRROR_UNLESS_SIDED)
    case .on: Int32(ACTIONCLIP_ON)
    case .off: Int32(ACTIONCLIP_OFF)
    }
  }
}

/// The precision of the encoders' products in training.
enum TrainingPrecision: String, CaseIterable, ExpressibleByArgument {
  case fp32, bf16

  var code: Int32 { Int32(self == .fp32 ? ACTIONCLIP_COMPUTE_FP32 : ACTIONCLIP_COMPUTE_BF16) }
}

/// The loss of a batch.
enum Loss: String, CaseIterable, ExpressibleByArgument {
  case multiPositive = "multi-positive"
  case crossEntropy = "cross-entropy"

  var code: Int32 {
    switch self {
    case .multiPositive: Int32(ACTIONCLIP_LOSS_MULTI_POSITIVE)
    case .crossEntropy: Int32(ACTIONCLIP_LOSS_CROSS_ENTROPY)
    }
  }
}
