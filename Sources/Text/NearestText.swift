import System

/// The index of the text in a list that differs from `text` by the fewest bytes added, left out or changed; nil where
/// those are more than two and more than a third of the text, or of a shorter text more than half. Texts are compared
/// by their first 64 bytes.
public func nearestText(to text: UnsafeBufferPointer<UInt8>, in list: TextList) -> Int? {
  let most = 64
  let text = text.prefix(most)
  var (nearest, least) = (nil as Int?, max(min((text.count + 1) / 2, 2), text.count / 3) + 1)
  // Distances of the text's beginnings, each of a length from 0 on, to the beginning of the other text.
  withUnsafeTemporaryAllocation(of: Int.self, capacity: most + 1) { distances in
    for index in 0..<list.count {
      let other = list[index].prefix(most)
      guard abs(other.count - text.count) < least else { continue }
      for length in 0...text.count { distances[length] = length }
      for (row, letter) in other.enumerated() {
        var diagonal = row
        distances[0] = row + 1
        for (column, own) in text.enumerated() {
          let changed = diagonal + (own == letter ? 0 : 1)
          diagonal = distances[column + 1]
          distances[column + 1] = min(changed, diagonal + 1, distances[column] + 1)
        }
      }
      if distances[text.count] < least { (nearest, least) = (index, distances[text.count]) }
    }
  }
  return nearest
}
