import System

/// The number of threads with which a model computes, or a video is decoded, if the program asks for no number.
public enum DefaultThreads {
  /// The largest number of threads that can be asked for.
  public static let maximum = 256

  /// The number that the environment gives, else one thread for each available processor.
  public static func count() throws(Failure) -> Int {
    guard let setting = EnvironmentSetting("ACTIONCLIP_THREADS") else {
      return min(availableProcessors(), maximum)
    }
    let bytes = setting.bytes
    guard bytes.count <= 3, bytes.allSatisfy({ (0x30...0x39).contains($0) }),
      case let count = bytes.reduce(0, { $0 * 10 + Int($1 - 0x30) }), (1...maximum).contains(count)
    else {
      throw setting.failure(
        expected: "1 to \(maximum)", or: ", or give a number of threads (option threads)")
    }
    return count
  }
}
