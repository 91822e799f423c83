import CActionCLIP
import Memory
import Model
import Preprocess
import Tokenizer
import Video
import Weights

/// What every exported function fails with: a status of the C API and one line for people.
struct Failure: Error {
  let status: Int32
  let message: String

  init(_ status: Int32, _ message: String) {
    self.status = status
    self.message = message
  }

  static func argument(_ message: String) -> Failure {
    Failure(ACTIONCLIP_ERROR_INVALID_ARGUMENT, message)
  }

  static func outOfMemory(_ what: String) -> Failure {
    Failure(ACTIONCLIP_ERROR_OUT_OF_MEMORY, "out of memory for \(what)")
  }

  init(_ error: OutOfMemory) { self = .outOfMemory("\(error.bytes) bytes") }

  /// The same, saying to which of the caller's things it happened.
  func about(_ what: String) -> Failure { Failure(status, "\(what): \(message)") }
}

/// One line per room: which of its failures is which status.
extension Failure {
  init(_ error: ModelError) {
    let status: Int32 =
      switch error.kind {
      case .missingTensor: ACTIONCLIP_ERROR_MISSING_TENSOR
      case .tensorShape: ACTIONCLIP_ERROR_TENSOR_SHAPE
      case .optionConflict: ACTIONCLIP_ERROR_OPTION_CONFLICT
      case .unsupported, .unknownTensor: ACTIONCLIP_ERROR_FORMAT_UNSUPPORTED
      case .notFinite: ACTIONCLIP_ERROR_NOT_FINITE
      case .invalidArgument: ACTIONCLIP_ERROR_INVALID_ARGUMENT
      case .outOfMemory: ACTIONCLIP_ERROR_OUT_OF_MEMORY
      case .cancelled: ACTIONCLIP_ERROR_CANCELLED
      case .weights(let kind): Failure.status(kind)
      }
    self.init(status, error.message)
  }

  init(_ error: WeightsError) { self.init(Failure.status(error.kind), error.message) }

  private static func status(_ kind: WeightsError.Kind) -> Int32 {
    switch kind {
    case .fileOpen: ACTIONCLIP_ERROR_FILE_OPEN
    case .fileRead: ACTIONCLIP_ERROR_FILE_READ
    case .fileWrite: ACTIONCLIP_ERROR_FILE_WRITE
    case .hashMismatch: ACTIONCLIP_ERROR_HASH_MISMATCH
    case .unknownFormat: ACTIONCLIP_ERROR_FORMAT_UNKNOWN
    case .invalid: ACTIONCLIP_ERROR_FORMAT_INVALID
    case .unsupported: ACTIONCLIP_ERROR_FORMAT_UNSUPPORTED
    case .limit: ACTIONCLIP_ERROR_FORMAT_LIMIT
    case .outOfMemory: ACTIONCLIP_ERROR_OUT_OF_MEMORY
    case .missingTensor: ACTIONCLIP_ERROR_MISSING_TENSOR
    case .tensorShape: ACTIONCLIP_ERROR_TENSOR_SHAPE
    case .optionConflict: ACTIONCLIP_ERROR_OPTION_CONFLICT
    case .cancelled: ACTIONCLIP_ERROR_CANCELLED
    }
  }
}

extension Failure {
  init(_ error: TokenizerError) {
    let status: Int32 =
      switch error.kind {
      case .fileOpen: ACTIONCLIP_ERROR_FILE_OPEN
      case .fileRead: ACTIONCLIP_ERROR_FILE_READ
      case .invalidCompression, .invalidMerges, .invalidVocabulary, .vocabularyMismatch:
        ACTIONCLIP_ERROR_TOKENIZER_INVALID
      case .limit: ACTIONCLIP_ERROR_FORMAT_LIMIT
      case .invalidUTF8: ACTIONCLIP_ERROR_INVALID_UTF8
      case .tooLong: ACTIONCLIP_ERROR_TEXT_TOO_LONG
      case .invalidTemplate, .invalidArgument: ACTIONCLIP_ERROR_INVALID_ARGUMENT
      case .outOfMemory: ACTIONCLIP_ERROR_OUT_OF_MEMORY
      case .cancelled: ACTIONCLIP_ERROR_CANCELLED
      }
    self.init(status, error.message)
  }

  init(_ error: PreprocessError) {
    let status: Int32 =
      switch error.kind {
      case .invalidArgument, .limit: ACTIONCLIP_ERROR_INVALID_ARGUMENT
      case .outOfMemory: ACTIONCLIP_ERROR_OUT_OF_MEMORY
      }
    self.init(status, error.message)
  }

  init(_ error: VideoError) {
    let status: Int32 =
      switch error.kind {
      case .fileOpen: ACTIONCLIP_ERROR_FILE_OPEN
      case .fileRead: ACTIONCLIP_ERROR_FILE_READ
      case .unavailable: ACTIONCLIP_ERROR_UNAVAILABLE
      case .invalid: ACTIONCLIP_ERROR_VIDEO_INVALID
      case .decode: ACTIONCLIP_ERROR_VIDEO_DECODE
      case .limit: ACTIONCLIP_ERROR_FORMAT_LIMIT
      case .outOfMemory: ACTIONCLIP_ERROR_OUT_OF_MEMORY
      case .invalidArgument: ACTIONCLIP_ERROR_INVALID_ARGUMENT
      case .forked: ACTIONCLIP_ERROR_FORKED
      case .cancelled: ACTIONCLIP_ERROR_CANCELLED
      case .timeLimit: ACTIONCLIP_ERROR_TIME_LIMIT
      }
    self.init(status, error.message)
  }
}
