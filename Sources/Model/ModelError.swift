import System

public typealias ModelError = Failure
