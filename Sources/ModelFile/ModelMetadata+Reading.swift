import System
import Model
import Numerics
import Preprocess
import Tokenizer
import Text
import Weights

extension ModelMetadata {
  /// Reads a file's metadata. Keys that do not begin with "actionclip." are somebody else's; without
  /// any that do, the file is plain weights. Every error names its key.
  public init(_ entries: TextPairs) throws(Failure) {
    let own = TextPairs()
    for index in 0..<entries.count where entries.key(index).starts(with: ModelMetadata.prefix.utf8) {
      let (key, value) = (entries.key(index), entries.value(index))
      guard !key.contains(0), !value.contains(0) else {
        throw .invalid("\(quoted(key)) in the metadata holds a NUL byte")
      }
      let name = UnsafeBufferPointer(rebasing: key[ModelMetadata.prefix.utf8.count...])
      try own.append(name, value)
    }
    guard !own.isEmpty else { return }
    guard let format = own.index(of: "format".utf8) else {
      throw .invalid(
        "'actionclip.format' is missing from the metadata, which has other keys that begin with "
          + "'actionclip.'; it must be '\(ModelMetadata.version)'")
    }
    guard own.value(format).elementsEqual(ModelMetadata.version.utf8) else {
      throw .unsupported(
        "'actionclip.format' is \(quoted(own.value(format))); this version reads '\(ModelMetadata.version)'")
    }
    for index in 0..<own.count {
      do { try read(own.key(index), own.value(index)) } catch {
        throw error.about("'\(ModelMetadata.prefix)\(printable(own.key(index), limit: 128))'")
      }
    }
    extendLifetime(own)
    notes.sort()  // once: a file may have as many as keys
    if let templateWeights, templateWeights.count != templates.count {
      throw .invalid(
        "'actionclip.template_weights' has \(templateWeights.count) numbers for \(templates.count) "
          + "'actionclip.templates'; expected one for each")
    }
    do throws(Failure) { try preset?.check() } catch {
      throw .invalid("'actionclip.mean' and 'actionclip.std': \(error.message)")
    }
  }

  /// The fault of a key for a note; nil if there is none.
  public static func problem(ofNoteKey key: String) -> String? {
    let isPlain = key.utf8.allSatisfy {
      (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F || $0 == 0x2E
    }
    guard isPlain, (1...64).contains(key.utf8.count) else {
      return "is \(quoted(key.utf8, limit: 40)), expected 1 to 64 lower-case letters, digits, '_' and '.'"
    }
    // Notes are what is left: a key that is read as something else leaves none.
    var metadata = ModelMetadata()
    let texts = TextList()
    let isRead: ()? = try? {
      try texts.append(key)
      try texts.append("x")
      try metadata.read(texts[0], texts[1])
    }()
    extendLifetime(texts)
    let isNote = isRead != nil && metadata.note(key) != nil
    return isNote ? nil : "'\(key)' is a key of the form's own and holds no note"
  }

  private mutating func read(
    _ key: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>
  ) throws(Failure) {
    // Longer than any key of the form's own, and than any value of one that is not a list or a text.
    let name = String(decoding: key.prefix(64), as: UTF8.self)
    switch name {
    case "templates": templates = try ModelMetadata.texts(value, ModelMetadata.problem(ofTemplate:))
    case "template_weights": templateWeights = try ModelMetadata.weights(value)
    case "labels": labels = try ModelMetadata.texts(value, ModelMetadata.problem(ofLabel:))
    case "merges":
      let text = TextList()
      try text.append(value)
      merges = text
    default:
      if try read(name, String(decoding: value.prefix(4096), as: UTF8.self)) || value.isEmpty { return }
      try notes.append(key, value)
    }
  }

  /// Reads an option, a size or a key of the preset; false if the key is none of these.
  private mutating func read(_ key: String, _ value: String) throws(Failure) -> Bool {
    switch key {
    case "format": break
    case "joint": declared.joint = try ModelMetadata.onOff(value)
    case "temporal_shift":
      declared.temporalShift = ShiftForm(name: value)
      guard declared.temporalShift != nil else {
        throw .invalid("is \(quoted(value.utf8, limit: 40)), expected on, off or causal")
      }
    case "head":
      declared.head = TemporalHeadKind(name: value)
      guard declared.head != nil else {
        let names = TemporalHeadKind.all.map(\.name).joined(separator: ", ")
        throw .invalid("is \(quoted(value.utf8, limit: 40)), expected one of \(names)")
      }
    case "vision_heads": declared.visionHeads = try ModelMetadata.number(value, Configuration.maximumHeads)
    case "text_heads": declared.textHeads = try ModelMetadata.number(value, Configuration.maximumHeads)
    case "integration_heads":
      declared.integrationHeads = try ModelMetadata.number(value, Configuration.maximumHeads)
    case "prompt_heads": declared.promptHeads = try ModelMetadata.number(value, Configuration.maximumHeads)
    case "temporal_view": declared.temporalView = try ModelMetadata.number(value, Configuration.maximumView)
    case "scoring":
      guard value == ModelMetadata.framesScoring else {
        throw .invalid("is \(quoted(value.utf8, limit: 40)), expected \(ModelMetadata.framesScoring)")
      }
      declared.scoresFrames = true
    case "pooling": declared.pooling = try ModelMetadata.choice(value)
    case "text_form": declared.textForm = try ModelMetadata.choice(value)
    case "pre_norm": declared.hasPreNorm = try ModelMetadata.onOff(value)
    case "rotary": declared.rotary = try ModelMetadata.choice(value)
    case "pool_heads": declared.poolHeads = try ModelMetadata.number(value, Configuration.maximumHeads)
    case "vision_epsilon": declared.visionEpsilon = try ModelMetadata.epsilon(value)
    case "word_pieces": declared.hasWordPieces = try ModelMetadata.onOff(value)
    case "heads_assumed": declared.headsAreAssumed = try ModelMetadata.onOff(value)
    case "frames": declared.frames = try ModelMetadata.number(value, Configuration.maximumFrames)
    case "frame_interval_ns": frameIntervalNanoseconds = try ModelMetadata.frameInterval(value)
    case "compute":
      declared.precision = try ModelMetadata.choice(value, among: Precision.allCases, \.name)
    case "activation":
      declared.activation = try ModelMetadata.choice(value, among: EncoderActivation.allCases, \.name)
    case "epsilon": declared.epsilon = try ModelMetadata.epsilon(value)
    case "head_epsilon": declared.headEpsilon = try ModelMetadata.epsilon(value)
    case "resize", "short_side", "mean", "std", "sampling":
      var preset = preset ?? .actionCLIP
      try preset.read(key, value)
      self.preset = preset
    case let key where ModelMetadata.sizes.contains { $0.key == key }:
      let size = try ModelMetadata.number(value, Int(Int32.max))
      if key == "image_size" { declared.imageSize = size }
      claimedSizes.append((key, size))
    default: return false
    }
    return true
  }

  /// Refuses sizes in the metadata that are not those of the tensors.
  public func check(_ configuration: Configuration) throws(Failure) {
    for (key, claimed) in claimedSizes {
      let size = ModelMetadata.sizes.first { $0.key == key }?.of(configuration)
      guard let size, size != claimed else { continue }
      throw .invalid(
        "'\(ModelMetadata.prefix)\(key)' in the metadata is \(claimed), but by its tensors the model has "
          + "\(size)")
    }
    if let shortSide = preset?.shortSide, shortSide < configuration.imageSize {
      throw .invalid(
        "'actionclip.short_side' in the metadata is \(shortSide), but by its tensors the model's input is "
          + "\(configuration.imageSize) pixels: it must be at least that")
    }
  }

  // MARK: - Values

  private static func onOff(_ value: String) throws(Failure) -> Bool {
    switch value {
    case "on": return true
    case "off": return false
    default: throw .invalid("is \(quoted(value.utf8, limit: 40)), expected on or off")
    }
  }

  /// One of the forms of an encoder, by its name.
  private static func choice<Form: RawRepresentable & CaseIterable>(
    _ value: String
  ) throws(Failure) -> Form where Form.RawValue == String {
    try choice(value, among: Form.allCases, \.rawValue)
  }

  private static func choice<Choices: Collection>(
    _ value: String, among choices: Choices, _ name: (Choices.Element) -> String
  ) throws(Failure) -> Choices.Element {
    if let choice = choices.first(where: { name($0) == value }) { return choice }
    let names = choices.map(name).joined(separator: ", ")
    throw .invalid("is \(quoted(value.utf8, limit: 40)), expected one of \(names)")
  }

  /// A whole number from 1 in plain digits.
  static func number(_ value: String, _ largest: Int) throws(Failure) -> Int {
    let plain = value.utf8.allSatisfy { (0x30...0x39).contains($0) } && value.utf8.first != 0x30
    guard plain, value.utf8.count <= 10, let number = Int(value), number <= largest else {
      throw .invalid("is \(quoted(value.utf8, limit: 40)), expected a number from 1 to \(largest)")
    }
    return number
  }

  /// Nanoseconds in plain digits.
  private static func frameInterval(_ value: String) throws(Failure) -> Int64 {
    let plain = value.utf8.allSatisfy { (0x30...0x39).contains($0) } && value.utf8.first != 0x30
    guard plain, let interval = Int64(value), frameIntervals.contains(interval) else {
      throw .invalid(
        "is \(quoted(value.utf8, limit: 40)), expected a number of nanoseconds from 1 to \(frameIntervals.upperBound)"
      )
    }
    return interval
  }

  private static func epsilon(_ value: String) throws(Failure) -> Float {
    let range = Configuration.epsilons
    // Without a sign: Float takes "0x1p-20" and "inf" as well.
    let length = value.utf8.count
    guard length <= 40, value.utf8.first != UInt8(ascii: "-"), decimalLength(value.utf8) == length,
      let epsilon = Float(value), range.contains(epsilon)
    else {
      throw .invalid(
        "is \(quoted(value.utf8, limit: 40)), expected a number from \(range.lowerBound) to "
          + "\(range.upperBound), like 1e-05 or 0.00001")
    }
    return epsilon
  }

  /// Decimal numbers with a space between them.
  private static func weights(_ value: UnsafeBufferPointer<UInt8>) throws(Failure) -> TemplateWeights {
    var numbers = GrowingArray<Float>()
    for word in value.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false) {
      let length = word.count
      guard length <= 32, decimalLength(word, allowsZeros: true) == length,
        let number = Float(String(decoding: word, as: UTF8.self)), number.isFinite, number >= 0
      else {
        throw .invalid(
          "has \(quoted(word, limit: 40)) in it, expected decimal numbers, 0 or more, with a space between them"
        )
      }
      guard numbers.count < maximumTexts else {
        throw .limit("has over \(maximumTexts) numbers; no more are read")
      }
      try numbers.append(number)
    }
    do { return try TemplateWeights(numbers.view, name: "the list") } catch {
      throw error.kind == .invalidArgument ? .invalid(error.message) : error
    }
  }

  private static func texts(
    _ value: UnsafeBufferPointer<UInt8>, _ problem: (UnsafeBufferPointer<UInt8>) -> String?
  ) throws(Failure) -> TextList {
    let texts = try JSONStrings.read(value)
    guard !texts.isEmpty else { throw .invalid("is an empty list; leave the key out instead") }
    guard texts.count <= maximumTexts else {
      throw .limit("lists \(texts.count) texts; at most \(maximumTexts) are read")
    }
    for index in 0..<texts.count {
      if let problem = problem(texts[index]) { throw .invalid("text \(index) of the list \(problem)") }
    }
    return texts
  }

  /// The fault of a label; nil if there is none.
  public static func problem(ofLabel label: UnsafeBufferPointer<UInt8>) -> String? {
    if label.isEmpty { return "is empty" }
    return label.contains(0) ? "holds a NUL byte" : nil
  }

  /// The fault of a template; nil if there is none.
  public static func problem(ofTemplate template: UnsafeBufferPointer<UInt8>) -> String? {
    if template.contains(0) { return "holds a NUL byte" }
    do throws(Failure) { _ = try PromptTemplates.placeholderOffset(in: template) } catch {
      return "is no template: \(error.message)"
    }
    return nil
  }
}
