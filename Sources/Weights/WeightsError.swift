import System

public typealias WeightsError = Failure
