// fuzz: -max_len=4096
import System
@testable import Families
@testable import Weights

/// A data.pkl alone: the machine, then what is looked for in its result.
@_cdecl("fuzz_pickle")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  let block = ByteBlock(borrowing: UnsafeRawBufferPointer(start: data, count: size))
  do throws(Failure) {
    let pickle = try Pickle(block, .save)
    _ = pickle.describe(pickle.root)
    for named in try StateDictionaries(pickle, .known).tensors {
      let tensor = pickle.tensors[named.tensor]
      precondition(pickle.integers(at: tensor.shapeStart, count: tensor.rank).allSatisfy { $0 >= 0 })
      precondition(pickle.storages[tensor.storage].count >= 0)
    }
  } catch { precondition(!error.message.isEmpty) }
  return 0
}
