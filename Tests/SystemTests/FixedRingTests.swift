import System
import Testing

@Suite struct FixedRingTests {
  @Test func elementsLeaveInTheOrderInWhichTheyCame() throws {
    var ring = try FixedRing<Int>(capacity: 3)
    for round in 0..<5 {
      for element in 0..<3 { ring.append(10 * round + element) }
      let isFull = ring.isFull
      #expect(isFull)
      for element in 0..<3 {
        let first = ring.removeFirst().element
        #expect(first == 10 * round + element)
      }
      ring.append(-1)  // so that each round begins at another place
      ring.removeFirst()
    }
  }

  @Test func anElementKeepsItsPlaceWhileItIsThere() throws {
    var ring = try FixedRing<Int>(capacity: 3)
    let places = [ring.append(7), ring.append(8)]
    ring.removeFirst()
    let third = ring.append(9)
    #expect(Set(places + [third]).count == 3)
    let second = ring.removeFirst().place
    #expect(second == places[1])
  }

  @Test func laterElementsCloseTheGapOfOneRemoved() throws {
    var ring = try FixedRing<Int>(capacity: 4)
    ring.append(0)
    ring.removeFirst()
    for element in 1...4 { ring.append(element) }
    let removed = ring.remove(at: 1)
    #expect(removed == 2)
    var left: [Int] = []
    while ring.count > 0 { left.append(ring.removeFirst().element) }
    #expect(left == [1, 3, 4])
  }
}
