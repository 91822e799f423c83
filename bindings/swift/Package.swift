// swift-tools-version: 6.0
// libactionclip for Swift: the installed C library, found by pkg-config, and a wrapper.
import PackageDescription

let package = Package(
  name: "actionclip",
  products: [.library(name: "ActionCLIP", targets: ["ActionCLIP"])],
  targets: [
    .systemLibrary(name: "CActionCLIP", pkgConfig: "actionclip"),
    .target(name: "ActionCLIP", dependencies: ["CActionCLIP"]),
    .testTarget(name: "ActionCLIPTests", dependencies: ["ActionCLIP"]),
  ]
)
