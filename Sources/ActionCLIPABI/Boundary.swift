import CActionCLIP
import CGuest
import CShims
import Glibc
import Session
import System
import Text

/// Runs the work of an exported function, the one way from C into Swift and back: clears the thread's message, and turns
/// a failure into its status and message.
func boundary(_ body: () throws(Failure) -> Void) -> Int32 {
  asGuest {
    cshims_set_message(nil, 0)
    cguest_forget_refused_memory()
    do throws(Failure) {
      try body()
      return ACTIONCLIP_OK
    } catch {
      // Cancelling says the same wherever it was heard.
      report(error.kind == .cancelled ? Failure.cancelled.message : error.message)
      return error.status
    }
  }
}

/// Runs an exported function whose result is a count, or a negative status.
func counting(_ body: () throws(Failure) -> Int) -> Int32 {
  var found: Int32 = 0
  let status = boundary { () throws(Failure) in found = Int32(clamping: try body()) }
  return status == ACTIONCLIP_OK ? found : status
}

/// Runs an exported function whose result is a string that belongs to the object of a handle; NULL on failure.
func string<T: HandleObject>(
  _ handle: OpaquePointer?, _: T.Type, _ find: (T) throws(Failure) -> UnsafePointer<CChar>?
) -> UnsafePointer<CChar>? {
  var found: UnsafePointer<CChar>?
  _ = boundary { () throws(Failure) in found = try find(Handle.object(handle, T.self)) }
  return found
}

/// Runs a call's work on the host's thread with the thread's own state put aside, and gives it back after.
///
/// A host that cancels its thread inside a call gets it after the call: unwinding would pass locks that are held and
/// memory that worker threads still write. A host's rounding and flushing of numbers would change results; the
/// threads that a call makes inherit the usual arithmetic from here.
func asGuest<R>(_ body: () -> R) -> R {
  var before: Int32 = 0
  pthread_setcancelstate(Int32(PTHREAD_CANCEL_DISABLE), &before)
  let arithmetic = cshims_usual_arithmetic()
  defer {
    cshims_set_arithmetic(arithmetic)
    pthread_setcancelstate(before, nil)
  }
  return body()
}

private func report(_ message: String) {
  // One line, whatever a file or a label brought into it.
  let line = Array(oneLine(message).utf8.prefix(Int(CSHIMS_MESSAGE_CAPACITY)))
  line.withUnsafeBytes { bytes in
    cshims_set_message(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
  }
}

// MARK: - Checks of arguments, each naming the argument

/// A pointer that must not be NULL.
func required<T>(_ pointer: UnsafePointer<T>?, _ name: String) throws(Failure) -> UnsafePointer<T> {
  guard let pointer else { throw .argument("\(name) is NULL") }
  return pointer
}

func required<T>(
  _ pointer: UnsafeMutablePointer<T>?, _ name: String
) throws(Failure) -> UnsafeMutablePointer<T> {
  guard let pointer else { throw .argument("\(name) is NULL") }
  return pointer
}

/// A count given as size_t, from `minimum` to 2^40.
func count(_ value: Int, _ name: String, minimum: Int = 1) throws(Failure) -> Int {
  guard value >= minimum, value <= 1 << 40 else {
    // size_t arrives as Int; more than half of its range is negative here.
    throw .argument("\(name) is \(UInt(bitPattern: value)), expected \(minimum) to \(1 << 40)")
  }
  return value
}

/// An output with room for `needed` elements.
func output<T>(
  _ pointer: UnsafeMutablePointer<T>?, capacity: Int, needed: Int, _ name: String
) throws(Failure) -> UnsafeMutablePointer<T> {
  let pointer = try required(pointer, name)
  guard capacity >= needed || capacity < 0 else {  // "negative": more than half of size_t's range
    throw Failure(
      .bufferTooSmall,
      "\(name) has room for \(capacity) elements, \(needed) are needed")
  }
  return pointer
}

/// A C string as bytes, without its terminator.
func bytes(
  _ text: UnsafePointer<CChar>?, _ name: @autoclosure () -> String
) throws(Failure) -> UnsafeBufferPointer<UInt8> {
  guard let text else { throw .argument("\(name()) is NULL") }
  let start = UnsafeRawPointer(text).assumingMemoryBound(to: UInt8.self)
  var length = 0
  while start[length] != 0 { length += 1 }
  return UnsafeBufferPointer(start: start, count: length)
}

/// A C string that must be UTF-8, of at most 16 MiB, where it lies.
func text(
  _ text: UnsafePointer<CChar>?, _ name: @autoclosure () -> String
) throws(Failure) -> UnsafeBufferPointer<UInt8> {
  let bytes = try bytes(text, name())
  let limit = 1 << 24
  guard bytes.count <= limit else {
    throw .argument("\(name()) is \(bytes.count) bytes long, expected at most \(limit)")
  }
  guard isUTF8(bytes) else {
    throw Failure(.invalidUTF8, "\(name()) is not valid UTF-8")
  }
  return bytes
}

/// A C string that is a name, as a Swift string: UTF-8 of at most 4096 bytes.
func string(_ pointer: UnsafePointer<CChar>?, _ name: String) throws(Failure) -> String {
  let bytes = try text(pointer, name)
  let limit = 1 << 12
  guard bytes.count <= limit else {
    throw .argument("\(name) is \(bytes.count) bytes long, expected at most \(limit)")
  }
  return String(decoding: bytes, as: UTF8.self)
}

/// Copies of a caller's texts, each checked to be UTF-8 and by `check`.
func texts(
  _ pointers: UnsafePointer<UnsafePointer<CChar>?>, _ count: Int, _ name: String,
  _ check: (UnsafeBufferPointer<UInt8>, _ name: @autoclosure () -> String) throws(Failure) -> Void = { _, _ in
  }
) throws(Failure) -> TextList {
  let texts = TextList()
  for index in 0..<count {
    try checkCancelled()
    let text = try text(pointers[index], "\(name)[\(index)]")
    try check(text, "\(name)[\(index)]")
    do throws(Failure) { try texts.append(text) } catch { throw .outOfMemory("\(count) \(name)") }
  }
  return texts
}
