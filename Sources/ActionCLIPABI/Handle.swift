import CGuest
import CShims
import Events
import Glibc
import Index
import Session
import System
import Tokenizer
import Video

/// An object behind one of the C API's opaque pointers. This file has all reference counting by hand.
protocol HandleObject: AnyObject {
  /// A number at the start of every live handle of this kind; freed memory does not have it.
  static var magic: UInt64 { get }
  static var name: String { get }
}

/// The memory behind an opaque pointer.
private struct HandleBody {
  var magic: UInt64
  /// The number of the process that made the handle, as `cshims_process` gives it.
  var process: UInt64
  var object: UnsafeMutableRawPointer
}

/// Makes, resolves and releases the C API's opaque pointers.
enum Handle {
  /// Makes a handle that owns `object`. Throws without memory.
  static func make<T: HandleObject>(_ object: T) throws(Failure) -> OpaquePointer {
    // If memory was refused, parts of the object lie in the reserve, which the call must give back.
    guard cguest_memory_was_refused() == 0, let raw = malloc(MemoryLayout<HandleBody>.stride) else {
      throw .outOfMemory("a \(T.name) handle")
    }
    raw.initializeMemory(
      as: HandleBody.self,
      to: HandleBody(
        magic: T.magic, process: cshims_process(), object: Unmanaged.passRetained(object).toOpaque()))
    return OpaquePointer(raw)
  }

  /// A model that computes. Throws also if it was loaded for saving alone; see `resolve`.
  static func object(_ handle: OpaquePointer?, _: LoadedModel.Type) throws(Failure) -> LoadedModel {
    let model = try resolve(handle, LoadedModel.self)
    guard !model.isForSaving else {
      throw Failure(
        .optionConflict, "the model was loaded for saving alone (for_saving), without its numbers")
    }
    return model
  }

  /// The object of a handle. Throws unless the handle is live, of this kind, and made by this process.
  static func object<T: HandleObject>(_ handle: OpaquePointer?, _: T.Type) throws(Failure) -> T {
    try resolve(handle, T.self)
  }

  /// The object of a handle, a model for saving alone too.
  static func resolve<T: HandleObject>(_ handle: OpaquePointer?, _: T.Type) throws(Failure) -> T {
    guard let handle else { throw .argument("\(T.name) is NULL") }
    guard let body = body(handle, T.magic) else {
      throw Failure(
        .invalidHandle, "this is not a live \(T.name) handle (freed, or another kind)")
    }
    guard body.pointee.process == cshims_process() else {
      throw Failure(
        .forked,
        "this \(T.name) was made by the parent before fork(); make one in the child, or start it with exec or"
          + " spawn")
    }
    return Unmanaged<T>.fromOpaque(body.pointee.object).takeUnretainedValue()
  }

  /// Frees a handle and releases its object. In a forked child nothing is done, since the object's threads and locks
  /// belong to the parent.
  static func release<T: HandleObject>(_ handle: OpaquePointer?, _: T.Type) {
    guard let handle, let body = body(handle, T.magic), body.pointee.process == cshims_process() else {
      return
    }
    let object = Unmanaged<T>.fromOpaque(body.pointee.object)
    // The compiler may drop a plain store before free().
    explicit_bzero(body, MemoryLayout<HandleBody>.size)
    free(UnsafeMutableRawPointer(body))
    asGuest { object.release() }  // it joins threads
  }

  private static func body(
    _ handle: OpaquePointer, _ magic: UInt64
  ) -> UnsafeMutablePointer<HandleBody>? {
    let raw = UnsafeMutableRawPointer(handle)
    guard UInt(bitPattern: raw) % UInt(MemoryLayout<HandleBody>.alignment) == 0,
      raw.load(as: UInt64.self) == magic
    else { return nil }
    return raw.assumingMemoryBound(to: HandleBody.self)
  }
}

// MARK: - The kinds of handles

extension LoadedModel: HandleObject {
  static let magic: UInt64 = 0x4143_4C49_506D_6F64  // "ACLIPmod"
  static let name = "model"
}

extension Classifier: HandleObject {
  static let magic: UInt64 = 0x4143_4C49_5063_6C73  // "ACLIPcls"
  static let name = "classifier"
}

extension LabelList: HandleObject {
  static let magic: UInt64 = 0x4143_4C49_506C_6973  // "ACLIPlis"
  static let name = "label list"
}

extension VideoFile: HandleObject {
  static let magic: UInt64 = 0x4143_4C49_5076_6964  // "ACLIPvid"
  static let name = "video"
}

extension Tokenizer: HandleObject {
  static let magic: UInt64 = 0x4143_4C49_5074_6F6B  // "ACLIPtok"
  static let name = "tokenizer"
}

extension ClassifierReport: HandleObject {
  static let magic: UInt64 = 0x4143_4C49_5072_6570  // "ACLIPrep"
  static let name = "report"
}

extension Tracker: HandleObject {
  static let magic: UInt64 = 0x4143_4C49_5074_726B  // "ACLIPtrk"
  static let name = "tracker"
}

extension Stream: HandleObject {
  static let magic: UInt64 = 0x4143_4C49_5073_7472  // "ACLIPstr"
  static let name = "stream"
}

extension ModelTuner: HandleObject {
  static let magic: UInt64 = 0x4143_4C49_5074_756E  // "ACLIPtun"
  static let name = "tuner"
}

extension ArchiveIndex: HandleObject {
  static let magic: UInt64 = 0x4143_4C49_5069_6478  // "ACLIPidx"
  static let name = "index"
}
