import System

public typealias TokenizerError = Failure
