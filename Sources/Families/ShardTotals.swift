import System
import Weights

/// Totals over the files of an index: the limits of one file hold for all of them together.
struct ShardTotals {
  private var tensors = 0
  private var bytes = 0

  /// Adds the tensors of one file to the totals. Fails where a total is over the limit.
  mutating func add(_ file: any TensorSource) throws(Failure) {
    let names = file.names
    tensors += names.count
    guard tensors <= ShardIndex.maximumTensors else {
      throw .limit("the files that the index names hold over \(ShardIndex.maximumTensors) tensors")
    }
    for name in names {
      guard let info = file.info(name) else { continue }
      let (size, overflows) = info.count.multipliedReportingOverflow(by: info.elementType.size)
      guard !overflows, size <= WeightsLimits.tensorBytes - bytes else {
        throw .limit(
          "the tensors of the files that the index names take over \(WeightsLimits.tensorBytes) bytes, the most that "
            + "are read")
      }
      bytes += size
    }
  }
}
