import ArgumentParser
import CActionCLIP
import FoundationEssentials

/// The templates that `prompts` chooses from.
struct PoolOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A file of templates: one with {} for the label on each line, or JSON {\"templates\": […], \"prefixes\": […], \"suffixes\": […]}, where each prefix is joined with each suffix.",
      valueName: "path"))
  var pool: FilePath?

  @Option(
    help: ArgumentHelp("A template with one {} for the label; repeat it for more.", valueName: "text"),
    transform: Arguments.text)
  var template: [String] = []

  @Flag(help: "Choose among these templates alone, without the model's own and the built-in pool.")
  var onlyThese = false

  /// The templates, each once: the model's own or the reference's, the built-in pool, and those that were given.
  func templates(for model: Model) throws(CommandError) -> [String] {
    let own = model.templates.isEmpty ? Model.referenceTemplates : model.templates
    let built = (0..<actionclip_pool_template_count()).compactMap {
      actionclip_pool_template($0).map { String(cString: $0) }
    }
    let given = try pool.map(PromptFile.read) ?? []
    var seen: Set<[UInt8]> = []
    let all = (onlyThese ? [] : own + built) + given + template
    let distinct = all.filter { seen.insert(Array($0.utf8)).inserted }
    guard !distinct.isEmpty else {
      throw CommandError("there is no template to choose from: give --pool or --template with --only-these")
    }
    return distinct
  }
}

/// A file of templates, as lines or as JSON.
private enum PromptFile {
  private struct Content: Decodable {
    let templates: [String]?
    let prefixes: [String]?
    let suffixes: [String]?
  }

  static func read(_ path: FilePath) throws(CommandError) -> [String] {
    let bytes = try Files.read(path)
    guard bytes.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) == UInt8(ascii: "{"),
      let content = try? JSONDecoder().decode(Content.self, from: Data(bytes))
    else { return try LabelList.read(path) }
    let (prefixes, suffixes) = (content.prefixes ?? [""], content.suffixes ?? [""])
    let hasParts = content.prefixes != nil || content.suffixes != nil
    let joined = prefixes.flatMap { prefix in suffixes.map { join(prefix, $0) } }
    let all = (content.templates ?? []) + (hasParts ? joined : [])
    guard !all.isEmpty else { throw CommandError("\(path.shown): there is no template in it") }
    return all
  }

  /// "a video of" and "at home" make "a video of {} at home"; no space comes before punctuation.
  private static func join(_ prefix: String, _ suffix: String) -> String {
    let before = prefix.isEmpty || prefix.last == " " ? "" : " "
    let after = suffix.isEmpty || suffix.first.map { " ,.;:?!".contains($0) } == true ? "" : " "
    return prefix + before + "{}" + after + suffix
  }
}
