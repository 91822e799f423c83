import Glibc

/// Turns logits [count] into probabilities, in place.
func softmax(_ logits: UnsafeMutablePointer<Double>, _ count: Int) {
  var peak = -Double.infinity
  for index in 0..<count { peak = max(peak, logits[index]) }
  var sum = 0.0
  for index in 0..<count {
    logits[index] = exp(logits[index] - peak)
    sum += logits[index]
  }
  for index in 0..<count { logits[index] /= sum }
}
