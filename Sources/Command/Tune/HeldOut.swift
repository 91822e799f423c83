import ArgumentParser

/// Clips that measure and are not trained on: a list of their own, another split of the same list, or a share of it.
enum HeldOut: CustomStringConvertible {
  case list(FilePath)
  case share(Double)
  case split(Split)

  /// A number from 0 up to 1 is a share, "val", "test2" and the like a split, all else the path of a list.
  init(argument: String) throws {
    guard let share = Double(argument) else {
      self = Split(argument: argument).map { .split($0) } ?? .list(FilePath(argument: argument))
      return
    }
    guard share >= 0, share < 1 else {
      throw ValidationError("expected a share from 0 up to 1, such as 0.2, or the path of a list")
    }
    self = .share(share)
  }

  static let usual = HeldOut.share(0.2)

  var description: String {
    switch self {
    case .list(let path): path.shown
    case .share(let share): formatted("%g", share)
    case .split(let split): split.description
    }
  }
}

/// A list's clips in two parts. All clips of a video are on the same side, and labels keep their shares as far as
/// videos allow. The division follows from the paths alone.
struct DividedClips {
  private(set) var trained: [VideoList.Row] = []
  private(set) var heldOut: [VideoList.Row] = []

  /// - Parameter share: the share of each label's clips that is held out, below 1.
  init(_ list: VideoList, share: Double) {
    var videos: [[UInt8]: [Int]] = [:]
    var total = [Int](repeating: 0, count: list.classes.count)
    for (place, row) in list.rows.enumerated() {
      videos[Files.resolved(row.path.inside(list.root)).bytes, default: []].append(place)
      for label in row.classes { total[label] += 1 }
    }
    var taken = [Int](repeating: 0, count: list.classes.count)
    var chosen = Set<Int>()
    for places in DividedClips.shuffled(Array(videos.values), of: list) {
      var own: [Int: Int] = [:]
      for label in places.flatMap({ list.rows[$0].classes }) { own[label, default: 0] += 1 }
      // A video is held out where its labels still lack more than half of what it has of them, but never their last.
      let isWanted = own.allSatisfy { label, count in
        Double(taken[label]) + 0.5 * Double(count) < share * Double(total[label])
          && taken[label] + count < total[label]
      }
      guard isWanted, !own.isEmpty else { continue }
      for (label, count) in own { taken[label] += count }
      chosen.formUnion(places)
    }
    for (place, row) in list.rows.enumerated() {
      if chosen.contains(place) { heldOut.append(row) } else { trained.append(row) }
    }
  }

  /// The videos, each the places of its rows, in the order of a hash of their paths as they stand in the list. So the
  /// order is the same wherever the folder lies.
  private static func shuffled(_ videos: [[Int]], of list: VideoList) -> [[Int]] {
    let keyed = videos.map { places in
      (
        key: Fingerprint.of(list.rows[places.min() ?? 0].path.plain.bytes),
        places: places.sorted()
      )
    }
    return keyed.sorted { ($0.key, $0.places[0]) < ($1.key, $1.places[0]) }.map(\.places)
  }
}
