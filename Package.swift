// swift-tools-version: 6.1
// One package: the shared library libactionclip and the command actionclip. `make build`
// drives it, because the command links the finished library like any other user.
import Foundation
import PackageDescription

let root = Context.packageDirectory

/// Debian and Ubuntu keep OpenBLAS's single-threaded build beside the threaded one. It is linked
/// statically and hidden, so the host's own BLAS is never touched (docs/EMBEDDING.md).
let openBLAS: String = {
  if let chosen = Context.environment["OPENBLAS_ARCHIVE"] { return chosen }
  for triple in ["x86_64-linux-gnu", "aarch64-linux-gnu"] {
    let path = "/usr/lib/\(triple)/openblas-serial/libopenblas.a"
    if FileManager.default.fileExists(atPath: path) { return path }
  }
  return "/usr/lib/x86_64-linux-gnu/openblas-serial/libopenblas.a"
}()

let swift: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableExperimentalFeature("Extern"),
]
/// Kernels want the optimiser in debug builds too: tests run real networks.
let c: [CSetting] = [.unsafeFlags(["-O3", "-fno-math-errno", "-fvisibility=hidden"])]

func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swift)
}
func tests(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: dependencies, exclude: exclude, swiftSettings: swift,
    linkerSettings: [.unsafeFlags([openBLAS])])
}

let package = Package(
  name: "libactionclip",
  products: [
    .library(name: "actionclip", type: .dynamic, targets: ["ActionCLIPABI"]),
    .executable(name: "actionclip-command", targets: ["Command"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
  ],
  targets: [
    // C: the public header, SIMD kernels, and shims that say why they exist.
    .systemLibrary(name: "CActionCLIP", path: "include"),
    .target(name: "CKernels", cSettings: c),
    .target(name: "CShims", cSettings: c),
    .target(name: "CFFmpeg", cSettings: c),

    // Rooms. An arrow in docs/ARCHITECTURE.md is a line here.
    room("Numerics", ["CKernels", "CShims"]),
    room("Weights", ["CShims"]),
    room("Tokenizer"),
    room("Preprocess"),
    room("Video", ["CFFmpeg"]),
    room("Model", ["Numerics", "Weights"]),
    .target(
      name: "ActionCLIPABI",
      dependencies: [
        "CActionCLIP", "CShims", "Model", "Numerics", "Weights", "Tokenizer", "Preprocess", "Video",
      ],
      exclude: ["actionclip.map"],
      swiftSettings: swift,
      linkerSettings: [
        .unsafeFlags([
          openBLAS, "-static-stdlib",
          "-Xlinker", "--version-script=\(root)/Sources/ActionCLIPABI/actionclip.map",
          "-Xlinker", "-soname", "-Xlinker", "libactionclip.so.0",
          "-Xlinker", "--exclude-libs", "-Xlinker", "ALL",
          "-Xlinker", "--gc-sections",
          "-Xlinker", "-z", "-Xlinker", "nodelete",
          "-Xlinker", "-z", "-Xlinker", "relro",
          "-Xlinker", "-z", "-Xlinker", "now",
        ])
      ]),

    // The command uses the C API alone, against build/lib.
    .executableTarget(
      name: "Command",
      dependencies: [
        "CActionCLIP", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: swift,
      linkerSettings: [
        .unsafeFlags([
          "-static-stdlib", "-L\(root)/build/lib", "-lactionclip",
          "-Xlinker", "-rpath", "-Xlinker", "$ORIGIN/../lib",
        ])
      ]),

    tests("Numerics", ["Numerics"]),
    tests("Weights", ["Weights"]),
    tests("Tokenizer", ["Tokenizer"]),
    tests("Preprocess", ["Preprocess"]),
    tests("Video", ["Video"], exclude: ["Fixtures"]),
    tests("Model", ["Model", "Numerics", "Weights"]),
  ]
)
