import CActionCLIP
import CGuest
import CShims
import Glibc
import Session
import System
import Text

/// Runs the work of an exported function: clears the thread's message, and turns a failure into its status and message.
/// Every call from C into Swift goes through here.
func boundary(_ body: () throws(Failure) -> Void) -> Int32 {
  asGuest {
    cshims_set_message(nil, 0)
    cguest_forget_refused_memory()
    do throws(Failure) {
      try body()
      return ACTIONCLIP_OK
    } catch {
      // A call that the thread's token ended has one message, wherever it was.
      let isTokens = error.kind == .cancelled && cshims_is_cancelled() != 0
      report(isTokens ? Failure.cancelled.message : error.message)
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

/// Runs a call's work on the host's thread with thread cancellation off and the usual floating-point mode, and restores
/// both after it.
///
/// A thread that is cancelled (pthread_cancel) inside a call ends after the call: unwinding would pass locks that are
/// held and memory that worker threads still write. The host's rounding mode and flushing of denormals would change
/// results. Threads that the call starts inherit the usual mode.
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

/// Sets the thread's message, as one line of limited length.
private func report(_ message: String) {
  // Text from a file or a label may contain line breaks.
  let line = Array(oneLine(message).utf8.prefix(Int(CSHIMS_MESSAGE_CAPACITY)))
  line.withUnsafeBytes { bytes in
    cshims_set_message(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
  }
}

// MARK: - Checks of arguments, which name the argument in their messages

/// Checks that a pointer is not NULL.
func required<T>(_ pointer: UnsafePointer<T>?, _ name: String) throws(Failure) -> UnsafePointer<T> {
  guard let pointer else { throw .argument("\(name) is NULL") }
  return pointer
}

/// Checks that a pointer is not NULL.
func required<T>(
  _ pointer: UnsafeMutablePointer<T>?, _ name: String
) throws(Failure) -> UnsafeMutablePointer<T> {
  guard let pointer else { throw .argument("\(name) is NULL") }
  return pointer
}

/// Checks that a count given as size_t is from `minimum` to 2^40.
func count(_ value: Int, _ name: String, minimum: Int = 1) throws(Failure) -> Int {
  guard value >= minimum, value <= 1 << 40 else {
    // size_t arrives as Int; more than half of its range is negative here.
    throw .argument("\(name) is \(UInt(bitPattern: value)), expected \(minimum) to \(1 << 40)")
  }
  return value
}

/// Checks a number of labels, 1 to 2^20: memory for many more would be granted and then not be there.
func labelCount(_ value: Int) throws(Failure) -> Int {
  let limit = 1 << 20
  guard (1...limit).contains(value) else {
    throw .argument("label_count is \(UInt(bitPattern: value)), expected 1 to \(limit)")
  }
  return value
}

/// Checks that an output has room for `needed` elements.
func output<T>(
  _ pointer: UnsafeMutablePointer<T>?, capacity: Int, needed: Int, _ name: String
) throws(Failure) -> UnsafeMutablePointer<T> {
  let pointer = try required(pointer, name)
  guard capacity >= needed || capacity < 0 else {  // negative: above half of size_t's range
    throw Failure(
      .bufferTooSmall,
      "\(name) has room for \(capacity) elements, \(needed) are needed")
  }
  return pointer
}

/// The bytes of a C string, without its terminator and without a copy.
func bytes(
  _ text: UnsafePointer<CChar>?, _ name: @autoclosure () -> String
) throws(Failure) -> UnsafeBufferPointer<UInt8> {
  guard let text else { throw .argument("\(name()) is NULL") }
  let start = UnsafeRawPointer(text).assumingMemoryBound(to: UInt8.self)
  var length = 0
  while start[length] != 0 { length += 1 }
  return UnsafeBufferPointer(start: start, count: length)
}

/// The bytes of a C string, without a copy. Throws if it is not UTF-8 or longer than 16 MiB.
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

/// A C string that holds a name, as a Swift string. Throws if it is not UTF-8 or longer than 4096 bytes.
func string(_ pointer: UnsafePointer<CChar>?, _ name: String) throws(Failure) -> String {
  let bytes = try text(pointer, name)
  let limit = 1 << 12
  guard bytes.count <= limit else {
    throw .argument("\(name) is \(bytes.count) bytes long, expected at most \(limit)")
  }
  return String(decoding: bytes, as: UTF8.self)
}

/// Copies the caller's texts. Throws if one is not UTF-8 or `check` refuses it.
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
