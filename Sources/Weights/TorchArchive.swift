import System
import Text

/// A zip archive as torch writes it: one pickle, `data.pkl`, and one stored record of raw numbers per storage,
/// `data/<key>`, all in one folder.
///
/// torch.save pickles a dict, and `StateDictionaries` says which of its tensors are the model's. torch.jit.save
/// pickles the module itself, as CLIP's own files are; `ModuleTree` names its tensors. Such an archive also
/// holds programs, `code/`, and their constants: neither is ever read. Which of the two an archive is, its
/// entries say, and it is read as that or not at all.
///
/// The pickle is one stream and is interpreted whole; the records of anything that is not wanted, the
/// optimizer's above all, are never read.
struct TorchArchive: ~Copyable {
  let archive: ZipArchive
  /// The archive's folder with its slash: "checkpoint/".
  let folder: [UInt8]
  /// The function that wrote the archive: torch.save or torch.jit.save.
  let format: WeightsFormat

  // With the state of an optimizer and the history of a training a pickle takes some megabytes.
  static let maximumPickle = 32 << 20

  static func open(_ file: borrowing FileBytes) throws(Failure) -> TorchArchive {
    let archive = try ZipArchive.open(file)
    let folder = try folder(of: archive)
    let format = try format(of: archive, folder)
    return TorchArchive(archive: archive, folder: folder, format: format)
  }

  func contents(
    _ file: borrowing FileBytes, _ keys: StateDictKeys
  ) throws(Failure) -> WeightsContents {
    try checkByteOrder(file)
    let isScript = format == .torchScript
    let pickle = try Pickle(data(file), isScript ? .script : .save)
    if isScript { return try contents(of: ModuleTree(pickle, keys).tensors, pickle) }
    let dictionaries = try StateDictionaries(pickle, keys)
    var contents = try contents(of: dictionaries.tensors, pickle)
    contents.sections = dictionaries.sections
    contents.settings = dictionaries.settings
    return contents
  }

  /// The one folder all entries lie in, found by its data.pkl.
  private static func folder(of archive: borrowing ZipArchive) throws(Failure) -> [UInt8] {
    var folder: [UInt8]?
    for index in 0..<archive.entries.count {
      let name = archive.name(of: archive.entries[index])
      guard let slash = name.firstIndex(of: UInt8(ascii: "/")),
        name[(slash + 1)...].elementsEqual("data.pkl".utf8)
      else { continue }
      guard folder == nil else { throw .invalid("the archive has two data.pkl") }
      folder = Array(name[...slash])
    }
    guard let folder else {
      throw Failure(
        .unknownFormat, "a zip archive without a data.pkl: not a checkpoint written by torch.save")
    }
    for index in 0..<archive.entries.count {
      let name = archive.name(of: archive.entries[index])
      guard name.starts(with: folder) else {
        throw .invalid("zip entry \(quoted(name)) lies outside the folder \(quoted(folder))")
      }
    }
    return folder
  }

  /// torch.jit.save writes programs and their constants, always both; torch.save neither.
  private static func format(
    of archive: borrowing ZipArchive, _ folder: [UInt8]
  ) throws(Failure) -> WeightsFormat {
    let hasConstants = archive.find(folder + Array("constants.pkl".utf8)) != nil
    var hasCode = false
    for index in 0..<archive.entries.count where !hasCode {
      hasCode = archive.name(of: archive.entries[index]).dropFirst(folder.count).starts(with: "code/".utf8)
    }
    guard hasConstants == hasCode else {
      throw .invalid(
        "the archive has \(hasCode ? "code/ and no constants.pkl" : "constants.pkl and no code/"); torch.save "
          + "writes neither of them and torch.jit.save both: save it again with one of the two")
    }
    return hasCode ? .torchScript : .torch
  }

  private func data(_ file: borrowing FileBytes) throws(Failure) -> ByteBlock {
    guard let index = archive.find(folder + Array("data.pkl".utf8)) else {
      throw .invalid("the archive has no data.pkl")
    }
    let entry = archive.entries[index]
    guard entry.size <= TorchArchive.maximumPickle else {
      throw .limit("data.pkl takes \(entry.size) bytes; at most \(TorchArchive.maximumPickle) are read")
    }
    return try archive.read(entry, from: file)
  }

  private func checkByteOrder(_ file: borrowing FileBytes) throws(Failure) {
    guard let index = archive.find(folder + Array("byteorder".utf8)) else { return }
    let entry = archive.entries[index]
    guard entry.size <= 16 else { throw .invalid("the record 'byteorder' is \(entry.size) bytes long") }
    let order = try archive.read(entry, from: file)
    defer { extendLifetime(order) }
    guard order.bytes.elementsEqual("little".utf8) else {
      throw .unsupported("the file's byte order is \(quoted(order.bytes)); only 'little' is read")
    }
  }
}
