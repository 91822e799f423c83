import TuningPacks

/// Compares the training steps of a pack with the reference's.
enum TrainingParity {
  static func run(_ directory: FilePath, threads: Int32?) throws(CommandError) -> [Comparison] {
    let results: [TuningPack.Result]
    do throws(PackError) {
      let pack = try TuningPack(folder: directory.bytes, threads: Int(threads ?? 0))
      results = try pack.results()
    } catch {
      throw CommandError("\(directory.shown): \(error.message)")
    }
    return results.map {
      Comparison(
        name: $0.name, shape: $0.shape, expected: $0.expected, actual: $0.actual, rule: rule(for: $0.name))
    }
  }

  private static func rule(for name: String) -> Comparison.Rule {
    if name.hasPrefix("after_1/") { return .parameters }
    if name.hasPrefix("loss") { return .losses }
    return name.hasSuffix("_features") ? .features : .gradients
  }
}
