import ArgumentParser

struct Parity: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "parity",
    abstract: "Compare this library with the reference on parity packs.",
    discussion: """
      A pack is a folder with case.json, checkpoint.pt, inputs.safetensors and expected.safetensors. \
      For each tensor: the largest absolute error, the largest error relative to the tensor's largest \
      value, and the lowest cosine of two rows. Features pass with a cosine of 0.999999 and a relative \
      error of 1e-4, probabilities with an absolute error of 1e-4.
      A pack of training steps also has gradients, which pass with a relative error of 1e-4, parameters after the first \
      step with an absolute error of 1e-5, and losses with one of 1e-4. Of its many tensors the table has the worst, and \
      those that fail; --json has all.
      """)

  @Argument(help: ArgumentHelp("Packs.", valueName: "dir"))
  var packs: [FilePath]

  @Option(
    parsing: .unconditional,
    help:
      "Threads that compute, 1 to 256 (default, or 0: ACTIONCLIP_THREADS, else one per available processor).")
  var threads: Int32?

  @Flag(help: "One JSON object per pack, each on its line.")
  var json = false

  func run() throws {
    let output = Output()
    var failures = 0
    for given in packs {
      let path = given.shown
      var name = given.bytes[...]
      while name.count > 1, name.last == UInt8(ascii: "/") { name.removeLast() }
      let pack = FilePath(bytes: Array(name))
      do {
        let tensors = try ParityPack(directory: pack).run(threads: threads)
        if !tensors.allSatisfy(\.passed) { failures += 1 }
        try output.line(json ? object(path, tensors, error: nil).text : table(path, tensors))
      } catch  where !(error is AlreadyReported) {
        failures += 1
        let said = explanation(of: error, naming: pack.shown)
        Diagnostics.error(said)
        if json { try output.line(object(path, [], error: said).text) }
      }
    }
    if !json {
      try output.line("\(packs.count - failures) of \(packs.count) pack\(packs.count == 1 ? "" : "s") ok")
    }
    if failures > 0 { throw AlreadyReported() }
  }

  private func table(_ path: String, _ tensors: [Comparison]) -> String {
    var rows: [String] = []
    for tensor in tensors where !tensor.isOne(of: Parity.groups) {
      let shape = tensor.shape.map(String.init).joined(separator: " x ")
      rows.append(row(tensor.name, shape, [tensor]))
    }
    for group in Parity.groups {
      let members = tensors.filter { $0.isOne(of: [group]) }
      if members.isEmpty { continue }
      rows.append(row(group, "\(members.count) tensors", members))
      rows += members.filter { !$0.passed }.map { row($0.name, "", [$0]) }
    }
    return ([printable(path)] + rows).joined(separator: "\n")
  }

  /// The beginnings of the names of tensors of which the table has the worst.
  private static let groups = ["gradient/", "after_1/"]

  /// A line of the table, of the worst errors of some tensors.
  private func row(_ name: String, _ shape: String, _ tensors: [Comparison]) -> String {
    func worst(_ errors: [Double]) -> Double { errors.contains(where: \.isNaN) ? .nan : errors.max() ?? 0 }
    return "  \(Columns.fit(name, max(16, Columns.of(name))))  \(Columns.fit(shape, 11))  "
      + formatted(
        "abs %.2e  rel %.2e  cosine %.8f  ", worst(tensors.map(\.largestAbsolute)),
        worst(tensors.map(\.largestRelative)), -worst(tensors.map { -$0.lowestCosine }))
      + (tensors.allSatisfy(\.passed) ? "ok" : "FAIL")
  }

  private func object(_ path: String, _ tensors: [Comparison], error: String?) -> JSONValue {
    [
      "pack": .string(path), "ok": .bool(error == nil && tensors.allSatisfy(\.passed)),
      "tensors": .array(
        tensors.map { tensor in
          [
            "name": .string(tensor.name), "shape": .array(tensor.shape.map { .int(Int64($0)) }),
            "absolute": .double(tensor.largestAbsolute), "relative": .double(tensor.largestRelative),
            "cosine": .double(tensor.lowestCosine), "ok": .bool(tensor.passed),
          ]
        }), "error": error.map { .string($0) } ?? .null,
    ]
  }
}
