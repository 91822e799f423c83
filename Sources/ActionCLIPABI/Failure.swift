import CActionCLIP
import System

extension Failure {
  /// The status of the C interface that stands for this failure.
  var status: Int32 {
    switch kind {
    case .invalidArgument: ACTIONCLIP_ERROR_INVALID_ARGUMENT
    case .bufferTooSmall: ACTIONCLIP_ERROR_BUFFER_TOO_SMALL
    case .invalidHandle: ACTIONCLIP_ERROR_INVALID_HANDLE
    case .invalidUTF8: ACTIONCLIP_ERROR_INVALID_UTF8
    case .textTooLong: ACTIONCLIP_ERROR_TEXT_TOO_LONG
    case .notFinite: ACTIONCLIP_ERROR_NOT_FINITE
    case .forked: ACTIONCLIP_ERROR_FORKED
    case .cancelled: ACTIONCLIP_ERROR_CANCELLED
    case .fileOpen: ACTIONCLIP_ERROR_FILE_OPEN
    case .fileRead: ACTIONCLIP_ERROR_FILE_READ
    case .fileWrite: ACTIONCLIP_ERROR_FILE_WRITE
    case .hashMismatch: ACTIONCLIP_ERROR_HASH_MISMATCH
    case .unknownFormat: ACTIONCLIP_ERROR_FORMAT_UNKNOWN
    case .invalid: ACTIONCLIP_ERROR_FORMAT_INVALID
    case .unsupported: ACTIONCLIP_ERROR_FORMAT_UNSUPPORTED
    case .limit: ACTIONCLIP_ERROR_FORMAT_LIMIT
    case .missingTensor: ACTIONCLIP_ERROR_MISSING_TENSOR
    case .tensorShape: ACTIONCLIP_ERROR_TENSOR_SHAPE
    case .optionConflict: ACTIONCLIP_ERROR_OPTION_CONFLICT
    case .noTokenizer: ACTIONCLIP_ERROR_NO_TOKENIZER
    case .invalidCompression, .invalidMerges, .invalidVocabulary, .vocabularyMismatch:
      ACTIONCLIP_ERROR_TOKENIZER_INVALID
    case .outOfMemory: ACTIONCLIP_ERROR_OUT_OF_MEMORY
    case .unavailable: ACTIONCLIP_ERROR_UNAVAILABLE
    case .timeLimit: ACTIONCLIP_ERROR_TIME_LIMIT
    case .invalidVideo: ACTIONCLIP_ERROR_VIDEO_INVALID
    case .videoDecode: ACTIONCLIP_ERROR_VIDEO_DECODE
    case .notEnoughExamples: ACTIONCLIP_ERROR_NOT_ENOUGH_EXAMPLES
    case .internal: ACTIONCLIP_ERROR_INTERNAL
    }
  }
}
