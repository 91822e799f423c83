import System

public typealias ModelError = Failure

extension Failure {
  /// Runs `body` alone: the rooms below throw the same error.
  static func numerics<R>(_ body: () throws(Failure) -> R) throws(Failure) -> R { try body() }

  static func memory(_ error: Failure) -> Failure { error }
}
