// swift-tools-version: 6.1
// One package: the shared library libactionclip and the command actionclip. `make build` drives it,
// because the command links the finished library like any other user. Plain `swift build` and
// `swift test` do without the command and need nothing from elsewhere.
import Glibc
import PackageDescription

let root = Context.packageDirectory

/// The number that the public header defines as `name`: it stands there alone.
func header(_ name: String) -> String {
  let path = "\(root)/include/actionclip.h"
  guard let file = fopen(path, "r") else { fatalError("\(path) cannot be read") }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 256)
  while fgets(&line, Int32(line.count), file) != nil {
    let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    let words = text.split(whereSeparator: \.isWhitespace)
    if words.count >= 3, words[0] == "#define", words[1] == name { return String(words[2]) }
  }
  fatalError("\(path) does not define \(name)")
}

let swift: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]
/// With this variable the library is made for a program under the thread sanitizer, as `make
/// test-thread-sanitizer` does. This compiler fails on instrumented code of Preprocess and of Events.
let checksThreads = Context.environment["ACTIONCLIP_THREAD_SANITIZER"] != nil
/// Kernels want the optimiser in debug builds too: tests run real networks.
let c: [CSetting] = [
  .unsafeFlags(
    ["-O3", "-fno-math-errno", "-fvisibility=hidden"] + (checksThreads ? ["-fsanitize=thread"] : []))
]

/// The processor's name in the folders of libraries that Debian and Ubuntu have.
#if arch(arm64)
let processor = "aarch64"
#else
let processor = "x86_64"
#endif

/// Rooms that compute little: their code is made small in place of fast.
let small: Set = ["ActionCLIPABI", "Families", "ModelFile", "Text", "Video"]

func settings(of name: String) -> [SwiftSetting] {
  // A section for each function, so that the linker leaves out those that nobody calls.
  var settings = swift + [.unsafeFlags(["-Xfrontend", "-function-sections"], .when(configuration: .release))]
  if small.contains(name) { settings.append(.unsafeFlags(["-Osize"], .when(configuration: .release))) }
  if checksThreads, !["Preprocess", "Events"].contains(name) {
    settings.append(.unsafeFlags(["-sanitize=thread"]))
  }
  return settings
}

/// Swift's static core library as `make library` copies it (scripts/swift_runtime.py), to be taken in place of the
/// toolchain's: without what nobody calls. A plain `swift build` takes the toolchain's.
let runtime = Context.environment["ACTIONCLIP_SWIFT_RUNTIME"].map { [$0] } ?? []

func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings(of: name))
}
/// Fixtures are found from their test's own place in the tree; the package does not bundle them.
func tests(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: dependencies, exclude: exclude, swiftSettings: swift)
}

let package = Package(
  name: "libactionclip",
  products: [
    .library(name: "actionclip", type: .dynamic, targets: ["ActionCLIPABI"])
  ],
  targets: [
    // C: the public header, SIMD kernels, and shims that say why they exist.
    .systemLibrary(name: "CActionCLIP", path: "include"),
    .target(name: "CProcessor", cSettings: c),
    .target(name: "CKernels", dependencies: ["CProcessor"], cSettings: c),
    .target(name: "CShims", cSettings: c),
    .target(name: "CGuest", cSettings: c),
    .target(name: "CGlibc", cSettings: c),
    .target(name: "CResample", dependencies: ["CProcessor"], cSettings: c),
    .target(name: "CDigest", dependencies: ["CProcessor"], cSettings: c),
    .target(name: "CFFmpeg", cSettings: c),

    // Rooms. An arrow in docs/ARCHITECTURE.md is a line here.
    room("System", ["CShims"]),
    room("Text", ["System"]),
    room("Compression", ["System"]),
    room("Digest", ["CDigest"]),
    room("TensorNames"),
    room("Weights", ["Compression", "Digest", "System", "Text"]),
    room("Families", ["Digest", "System", "TensorNames", "Text", "Weights"]),
    room("Tokenizer", ["Compression", "System", "Text"]),
    room("Preprocess", ["CResample", "System"]),
    room("Video", ["CFFmpeg", "CShims", "System", "Text"]),
    room("Numerics", ["CKernels", "CProcessor", "System"]),
    room("Adaptation", ["Numerics", "System"]),
    room("Streams", ["System"]),
    room("Events", ["System"]),
    room("Index", ["CKernels", "System", "Text"]),
    room("Model", ["Numerics", "System", "TensorNames", "Weights"]),
    room(
      "ModelFile",
      ["Model", "Numerics", "Preprocess", "System", "TensorNames", "Text", "Tokenizer", "Weights"]),
    room("Training", ["Digest", "Model", "Numerics", "System", "TensorNames", "Text", "Weights"]),
    // Training steps of the reference, which `actionclip parity` and the tests repeat; not in the library.
    room(
      "TuningPacks",
      ["Families", "Model", "Numerics", "System", "TensorNames", "Text", "Training", "Weights"]),
    // The work of a host with a model, in Swift.
    room(
      "Session",
      [
        "Adaptation", "CGuest", "CShims", "Digest", "Families", "Model", "ModelFile", "Numerics",
        "Preprocess", "Streams", "System", "TensorNames", "Text", "Tokenizer", "Training", "Video", "Weights",
      ]),
    .target(
      name: "ActionCLIPABI",
      dependencies: [
        "Adaptation", "CActionCLIP", "CGlibc", "CGuest", "CShims", "Digest", "Events", "Families", "Index",
        "Model", "ModelFile", "Numerics", "Preprocess", "Session", "Streams", "System", "Text", "Tokenizer",
        "Training", "Video", "Weights",
      ],
      exclude: ["actionclip.map"],
      swiftSettings: settings(of: "ActionCLIPABI"),
      linkerSettings: [
        .unsafeFlags([
          // lld keeps nothing but the exported functions in the dynamic symbol table; gold does not.
          "-static-stdlib", "-use-ld=lld",
          "-Xlinker", "--version-script=\(root)/Sources/ActionCLIPABI/actionclip.map",
          "-Xlinker", "-soname", "-Xlinker", "libactionclip.so.\(header("ACTIONCLIP_ABI_VERSION"))",
          "-Xlinker", "--exclude-libs", "-Xlinker", "ALL",
          "-Xlinker", "-z", "-Xlinker", "nodelete",
          "-Xlinker", "-z", "-Xlinker", "relro",
          "-Xlinker", "-z", "-Xlinker", "now",
          // Without the names of all Unicode characters (CGuest).
          "-Xlinker", "--wrap=_swift_stdlib_getScalarName",
        ]),
        .unsafeFlags(runtime, .when(configuration: .release)),
      ]),

    tests("System", ["System"]),
    tests("Compression", ["Compression", "System"]),
    tests("Numerics", ["CProcessor", "CShims", "Numerics", "System"]),
    tests("Text", ["System", "Text"]),
    tests("Families", ["Families", "System", "Text", "Weights"]),
    tests("Digest", ["CDigest", "Digest"]),
    tests("Weights", ["Compression", "Digest", "System", "Text", "Weights"]),
    tests("Tokenizer", ["System", "Text", "Tokenizer"], exclude: ["Fixtures"]),
    tests("Preprocess", ["CResample", "Preprocess", "System"]),
    tests("Video", ["CShims", "System", "Video"], exclude: ["Fixtures"]),
    tests("Adaptation", ["Adaptation", "Numerics", "System"]),
    tests("Streams", ["Streams", "System"]),
    tests("Events", ["Events", "System"]),
    tests("Index", ["Index", "System"]),
    tests("Model", ["Model", "Numerics", "System", "Weights"]),
    tests("Training", ["Families", "Model", "Numerics", "System", "Training", "TuningPacks", "Weights"]),
    tests("ModelFile", ["System", "Model", "ModelFile", "Numerics", "Preprocess", "Weights"]),
  ]
)

// The command uses the C API, as any other program, against build/lib, which the Makefile fills first. Only `parity`
// has a room of its own, for gradients, and `embed` hashes files: the API gives neither.
if Context.environment["ACTIONCLIP_WITH_COMMAND"] != nil {
  package.products.append(.executable(name: "actionclip-command", targets: ["Command"]))
  package.dependencies.append(
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"))
  package.targets.append(.target(name: "CCamera", cSettings: c))
  package.targets.append(
    .executableTarget(
      name: "Command",
      dependencies: [
        "CActionCLIP", "CCamera", "CGlibc", "Digest", "TuningPacks",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      resources: [
        .embedInCode("Timeline/Page/page.css"), .embedInCode("Timeline/Page/page.js"),
        .embedInCode("Search/Page/search.css"), .embedInCode("Search/Page/search.js"),
      ],
      swiftSettings: swift,
      linkerSettings: [
        .unsafeFlags([
          "-static-stdlib", "-L\(root)/build/lib", "-lactionclip",
          // Libraries that FoundationEssentials needs when it is linked statically.
          "-l_FoundationCollections", "-l_FoundationCShims", "-lswiftSynchronization",
          // Where distributions have the libraries of a prefix, as the library's LIBDIR may say.
          "-Xlinker", "-rpath", "-Xlinker",
          "$ORIGIN/../lib:$ORIGIN/../lib64:$ORIGIN/../lib/\(processor)-linux-gnu",
        ])
      ]))
}
