import System

/// One of the crops of different sizes, shapes and places that the reference draws from (GroupMultiScaleCrop). It fits
/// pictures of any size, so that all frames of a clip have it.
struct CropDraw: Equatable {
  /// The crop's width and height, by their number in `share`.
  let width, height: Int
  /// The crop's offset, in quarters of the free space.
  let across, down: Int

  /// Pairs of sides whose numbers are equal or neighbours.
  private static let sizes = 10
  /// Corners, middles of sides, the middle, and the middles of quarters.
  private static let places = 13

  /// Draws sides and a place, each as likely.
  init(_ random: inout SplitMix64) {
    let size = random.index(below: CropDraw.sizes)
    // (0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 1), and so on to (3, 3)
    height = (size + 1) / 3
    width = height - 1 + (size + 1) % 3
    let place = random.index(below: CropDraw.places)
    (across, down) =
      place < 9 ? (place / 3 * 2, place % 3 * 2) : ((place - 9) / 2 * 2 + 1, (place - 9) % 2 * 2 + 1)
  }

  /// A side as a share of the picture's short side.
  private static func share(_ number: Int) -> Double {
    switch number {
    case 0: 1
    case 1: 0.875
    case 2: 0.75
    default: 0.66
    }
  }

  /// The crop's part of a picture. A side that is nearly the side of the network's input has that length.
  func part(of width: Int, _ height: Int, size: Int) -> (x: Int, y: Int, width: Int, height: Int) {
    let short = min(width, height)
    func length(_ number: Int) -> Int {
      let length = Int(Double(short) * CropDraw.share(number))
      return min(max(abs(length - size) < 3 ? size : length, 1), short)
    }
    let (own, tall) = (length(self.width), length(self.height))
    return ((width - own) / 4 * across, (height - tall) / 4 * down, own, tall)
  }
}
