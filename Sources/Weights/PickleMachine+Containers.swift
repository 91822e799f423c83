import System

/// Tuples, lists, dictionaries and sets on the stack.
extension PickleMachine {
  mutating func collectTuple(count: Int, _ pickle: inout Pickle) throws(Failure) {
    let start = stack.count - count
    guard start >= floor else { throw .invalid("a tuple needs \(count) values on the stack") }
    let tuple = try pickle.addTuple(stack.buffer[start...])
    drop(count)
    try push(index: tuple)
  }

  /// Runs APPEND or APPENDS. Values added to an inert object are dropped.
  mutating func appendItems(count: Int, _ pickle: inout Pickle) throws(Failure) {
    let target = try container(below: count)
    guard pickle.kind(target) == .list || pickle.kind(target) == .opaque else {
      throw .invalid("APPEND to \(pickle.describe(target))")
    }
    if pickle.kind(target) == .list {
      for item in stack.buffer[(stack.count - count)...] {
        try pickle.link(PickleCell(key: -1, value: item), to: target)
      }
    }
    drop(count)
  }

  /// Runs ADDITEMS. Elements of a set are not kept.
  mutating func addItems(count: Int, _ pickle: inout Pickle) throws(Failure) {
    let target = try container(below: count)
    guard pickle.kind(target) == .set || pickle.kind(target) == .opaque else {
      throw .invalid("ADDITEMS to \(pickle.describe(target))")
    }
    drop(count)
  }

  /// Runs SETITEM or SETITEMS.
  mutating func setItems(count: Int, _ pickle: inout Pickle) throws(Failure) {
    let target = try container(below: count)
    let kind = pickle.kind(target)
    guard kind == .dictionary || kind == .orderedDictionary || kind == .opaque else {
      throw .invalid("SETITEM on \(pickle.describe(target))")
    }
    guard count % 2 == 0 else { throw .invalid("SETITEMS with a key and no value") }
    if kind != .opaque {
      for position in stride(from: stack.count - count, to: stack.count, by: 2) {
        let cell = PickleCell(key: stack[position], value: stack[position + 1])
        try pickle.link(cell, to: target)
      }
    }
    drop(count)
  }

  private func container(below count: Int) throws(Failure) -> Int {
    let position = stack.count - count - 1
    guard position >= floor else { throw .invalid("the stack is empty") }
    return Int(stack[position])
  }
}
