import System

public typealias PreprocessError = Failure
