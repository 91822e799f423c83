import Foundation
import Model
import Numerics
import System
import Testing
import Weights

@testable import Training
@testable import TuningPacks

/// Training steps that the released reference computed with its own modules, loss and optimiser: a small pack in this
/// repository, and those for every temporal option in the folder of shared test data (ACTIONCLIP_SHARED, or ../shared
/// beside the repository), where it is there.
struct TuningPackTests {
  static let packs: [String] = {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let root = tests.deletingLastPathComponent()
    let shared =
      ProcessInfo.processInfo.environment["ACTIONCLIP_SHARED"].map { URL(fileURLWithPath: $0) }
      ?? root.deletingLastPathComponent().appendingPathComponent("shared")
    return [tests.appendingPathComponent("fixtures/tuning"), shared.appendingPathComponent("tuning")].flatMap
    {
      folder in
      ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted().map {
        folder.appendingPathComponent($0).path
      }.filter { FileManager.default.fileExists(atPath: $0 + "/case.json") }
    }
  }()

  private static func pack(_ name: String) throws -> TuningPack {
    try TuningPack(folder: Array(name.utf8), threads: 2)
  }

  /// The largest difference over the largest expected magnitude.
  private static func error(_ values: [Float], _ expected: [Float]) -> Double {
    guard values.count == expected.count else { return .infinity }
    let largest = expected.reduce(0) { max($0, abs(Double($1))) }
    let difference = zip(values, expected).reduce(0) { max($0, abs(Double($1.0) - Double($1.1))) }
    return difference == 0 ? 0 : difference.isNaN ? .infinity : difference / largest
  }

  private static func values(_ buffer: FloatBuffer) -> [Float] { (0..<buffer.count).map { buffer[$0] } }

  /// From the reference's own gradients the step gives every number.
  @Test(arguments: packs)
  func adamWIsTheReferences(name: String) throws {
    let pack = try Self.pack(name)
    for parameter in pack.model.parameters where pack.expected.info("gradient/" + parameter.name) != nil {
      for (i, value) in try pack.expected("gradient/" + parameter.name).enumerated() {
        parameter.gradient.base[i] = value
      }
    }
    try Optimiser(pack.model, pack.recipe).step(factor: 1)
    for parameter in pack.model.parameters where pack.expected.info("after_1/" + parameter.name) != nil {
      let error = Self.error(Self.values(parameter.value), try pack.expected("after_1/" + parameter.name))
      #expect(error < 1e-6, "\(parameter.name): \(error)")
    }
  }

  @Test(arguments: packs)
  func stepsAreTheReferences(name: String) throws {
    let pack = try Self.pack(name)
    let results = try pack.results()
    for result in results {
      let isParameter = result.name.hasPrefix("after_1/")
      let error =
        isParameter
        ? Double(zip(result.actual, result.expected).reduce(0) { max($0, abs($1.0 - $1.1)) })
        : Self.error(result.actual, result.expected)
      #expect(error < (result.name == "losses" ? 1e-4 : 1e-5), "\(result.name): \(error)")
    }
    for part in ["gradient/", "after_1/"] {
      #expect(
        results.count { $0.name.hasPrefix(part) } == pack.expected.names.count { $0.hasPrefix(part) },
        "\(part)")
    }
  }
}
