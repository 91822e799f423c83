import Glibc

/// A number with a fixed count of decimals, rounded, as 0.63. For people alone.
func decimal(_ number: Double, _ decimals: Int = 2) -> String {
  guard number.isFinite, abs(number) < 1e12 else { return number.isFinite ? "\(number)" : "-" }
  let power = pow(10, Double(decimals))
  let digits = Int64((abs(number) * power).rounded())
  let (whole, rest) = (digits / Int64(power), digits % Int64(power))
  let sign = number < 0 && digits > 0 ? "-" : ""
  guard decimals > 0 else { return "\(sign)\(whole)" }
  let tail = "\(rest)"
  return "\(sign)\(whole)." + String(repeating: "0", count: decimals - tail.count) + tail
}
