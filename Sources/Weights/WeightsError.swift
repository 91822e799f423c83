import Glibc
import System
import Text

public typealias WeightsError = Failure

extension Failure {
  /// The same failure, naming the file by its path as the system takes it.
  func about(_ path: UnsafePointer<CChar>) -> Failure {
    about(shownPath(UnsafeRawBufferPointer(start: path, count: strlen(path))))
  }
}
