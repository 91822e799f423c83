import ArgumentParser
import CActionCLIP

/// How a file keeps a model's matrices.
enum Storage: String, CaseIterable, ExpressibleByArgument {
  case fp32, fp16, bf16, int8

  var code: Int32 {
    switch self {
    case .fp32: Int32(ACTIONCLIP_STORAGE_FP32)
    case .fp16: Int32(ACTIONCLIP_STORAGE_FP16)
    case .bf16: Int32(ACTIONCLIP_STORAGE_BF16)
    case .int8: Int32(ACTIONCLIP_STORAGE_INT8)
    }
  }
}

struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Write a model as one file that needs nothing beside it.",
    discussion: """
      The weights, the options in use and the merge list go into one safetensors file (docs/FORMAT.md). \
      With bf16 and int8 the model computes in that precision from then on, unless another is asked for.
      """)

  @Argument(help: ArgumentHelp("The model's file.", valueName: "model"))
  var path: FilePath

  @Argument(help: ArgumentHelp("The file to write; one of that name is replaced.", valueName: "target"))
  var target: FilePath

  @Option(help: "How matrices are stored.")
  var storage = Storage.fp32

  @OptionGroup(title: "Model options")
  var options: ModelOptions

  func run() throws {
    try options.load(path).save(to: target, storage: storage)
  }
}

extension Model {
  func save(to target: FilePath, storage: Storage) throws(LibraryError) {
    var options = actionclip_save_options()
    actionclip_save_options_init(&options)
    options.storage = storage.code
    try check(withCString(target) { actionclip_model_save(handle, $0, &options) }, on: target)
  }
}
