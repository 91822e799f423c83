import ArgumentParser

/// Refuses a time that is not above 0 and at most a day.
func requireSeconds(_ value: Double?, _ name: String) throws {
  guard let value else { return }
  guard value > 0, value <= 86400 else {
    throw ValidationError("\(name) must be above 0 and at most 86400 seconds.")
  }
}

/// Refuses a time that is not 0 to a day.
func requireSecondsOrNone(_ value: Double?, _ name: String) throws {
  guard let value else { return }
  guard value >= 0, value <= 86400 else { throw ValidationError("\(name) must be 0 to 86400 seconds.") }
}

/// Nanoseconds of at most a day, at least 1.
func nanoseconds(_ seconds: Double) -> Int64 { max(1, nanosecondsOrNone(seconds)) }

/// Nanoseconds of at most a day; 0 of 0 alone.
func nanosecondsOrNone(_ seconds: Double) -> Int64 {
  seconds > 0 ? max(1, Int64((min(seconds, 86400) * 1e9).rounded())) : 0
}
