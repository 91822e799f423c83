import System

public typealias NumericsError = Failure
