import System
import Text
import Weights

/// preprocessor_config.json, or the image processor in a processor_config.json: how a Hugging Face CLIP's pictures are
/// prepared. What it leaves out has the default of transformers' CLIPImageProcessor, of the VideoMAEImageProcessor that
/// X-CLIP's folders name, or of SigLIP's own. Each key is done, or refused by name. Source: transformers
/// image_processing_backends.py, models/clip/image_processing_clip.py, models/videomae/image_processing_videomae.py,
/// models/siglip/image_processing_siglip.py.
struct ImageProcessorConfiguration {
  private var mean: [Float]?
  private var std: [Float]?
  private var filter: Int?
  /// Whether pictures are prepared as VideoMAE's are.
  private var isVideoMAEs = false
  /// Whether pictures are squashed to squares, as SigLIP's are.
  private let isSigLIPs: Bool
  private var rescaleFactor = 1.0 / 255
  private var (doesRescale, doesNormalize) = (true, true)
  private var isSquare = false
  private var size: Size?
  private(set) var cropSide: Int?

  /// How far a picture is resized.
  private enum Size {
    /// The short side, or the side of a square where `default_to_square` says so.
    case side(Int)
    case shortSide(Int)
    /// Height and width.
    case square(Int)
  }

  private typealias Reader = Configurations.Reader

  /// The short side that pictures are resized to, where it is said.
  var shortSide: Int? {
    switch size {
    case .side(let side), .shortSide(let side): side
    case .square, nil: nil
    }
  }

  /// The side of the square that a SigLIP's pictures are squashed to, where it is said.
  var squareSide: Int? { if case .square(let side)? = size { side } else { nil } }

  /// Whether pictures are resized by the bilinear filter, VideoMAE's usual one, in place of the bicubic one.
  var isBilinear: Bool { filter.map { $0 == 2 } ?? isVideoMAEs }

  /// Per channel on the 0..1 scale: scaling by another number than 1/255 is done with them.
  var channels: (mean: [Float], std: [Float]) {
    let clip: (mean: [Float], std: [Float]) = (
      [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
    )
    let usual = isVideoMAEs || isSigLIPs ? (mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5]) : clip
    let (mean, std) = doesNormalize ? (mean ?? usual.mean, std ?? usual.std) : ([0, 0, 0], [1, 1, 1])
    let scale = Float(255 * (doesRescale ? rescaleFactor : 1))
    return scale == 1 ? (mean, std) : (mean.map { $0 / scale }, std.map { $0 / scale })
  }

  /// Nil where a processor_config.json has no image processor: preprocessor_config.json has the word then, as in
  /// transformers.
  static func inProcessor(
    _ bytes: UnsafeRawBufferPointer, of family: Family = .huggingFace
  ) throws(Failure) -> ImageProcessorConfiguration? {
    var json = Configurations.reader(bytes)
    var found: ImageProcessorConfiguration?
    try Configurations.forEachKey(&json) { (key, json) throws(Failure) in
      switch key {
      case "image_processor":
        if try json.kind() == .null { return try json.null() }
        found = try ImageProcessorConfiguration(&json, of: family)
      case "auto_map": try Configurations.refuseUnlessOff(&json, customCode)
      default: try Configurations.pass(&json)
      }
    }
    try json.finish()
    return found
  }

  init(_ bytes: UnsafeRawBufferPointer, of family: Family = .huggingFace) throws(Failure) {
    var json = Configurations.reader(bytes)
    try self.init(&json, of: family)
    try json.finish()
  }

  private static let customCode = "names a program of the model's own, which is not run"

  private init(_ json: inout Reader, of family: Family) throws(Failure) {
    var (type, olderType): (String?, String?) = (nil, nil)
    // A closure cannot fill in what is not initialised yet.
    var read = ImageProcessorConfiguration(isSigLIPs: family == .sigLIP)
    try Configurations.forEachKey(&json) { (key, json) throws(Failure) in
      switch key {
      case "image_processor_type": type = try Configurations.text(&json)
      case "feature_extractor_type": olderType = try Configurations.text(&json)
      default: try read.take(key, &json)
      }
    }
    self = read
    // Where both are there transformers takes no notice of the older one.
    let (key, named) = type == nil ? ("feature_extractor_type", olderType) : ("image_processor_type", type)
    isVideoMAEs =
      family == .huggingFaceXCLIP && named.map(ImageProcessorConfiguration.videoTypes.contains) == true
    try checkFilter()
    let types = isSigLIPs ? ImageProcessorConfiguration.sigLIPTypes : ImageProcessorConfiguration.types
    if let named, !isVideoMAEs, !types.contains(named) {
      throw .unsupported(
        "'\(key)' is \(quoted(named.utf8)), expected '\(isSigLIPs ? "Siglip" : "CLIP")ImageProcessor': another way to "
          + "prepare pictures is not computed")
    }
    if isSquare, !isSigLIPs, case .side(let side)? = size {
      throw .unsupported(ImageProcessorConfiguration.squashed("'size' is \(side) with 'default_to_square'"))
    }
  }

  private init(isSigLIPs: Bool) { self.isSigLIPs = isSigLIPs }

  /// Refuses another filter than bilinear and bicubic.
  private func checkFilter() throws(Failure) {
    guard let filter, filter != 2, filter != 3 else { return }
    let names = ["nearest", "Lanczos", "bilinear", "bicubic", "box", "Hamming"]
    let name = names.indices.contains(filter) ? " (\(names[filter]))" : ""
    throw .unsupported(
      "'resample': is \(filter)\(name), expected 2 (bilinear) or 3 (bicubic), which alone are computed")
  }

  private static let types: Set<String> = [
    "CLIPImageProcessor", "CLIPImageProcessorFast", "CLIPImageProcessorPil", "CLIPFeatureExtractor",
  ]
  private static let sigLIPTypes: Set<String> = [
    "SiglipImageProcessor", "SiglipImageProcessorFast", "SiglipImageProcessorPil", "SiglipFeatureExtractor",
  ]
  private static let videoTypes: Set<String> = [
    "VideoMAEImageProcessor", "VideoMAEImageProcessorFast", "VideoMAEImageProcessorPil",
    "VideoMAEFeatureExtractor",
  ]

  /// Keys that change no pixel: what wrote the file, and in which form results are given.
  private static let harmless: Set<String> = [
    "processor_class", "_processor_class", "transformers_version", "_valid_processor_keys", "_name_or_path",
    "name_or_path", "data_format", "input_data_format", "device", "return_tensors", "disable_grouping",
    "image_seq_length", "do_convert_rgb", "backend", "_commit_hash",
  ]

  private mutating func take(_ key: String, _ json: inout Reader) throws(Failure) {
    switch key {
    case "do_resize": try Configurations.expect(true, &json, "pictures are always resized here")
    case "do_center_crop":
      try Configurations.expect(
        !isSigLIPs, &json, isSigLIPs ? "nothing is cut from squares" : "the centre is always cut out here")
    case "do_pad": try Configurations.expect(false, &json, "pictures are not padded here")
    case "use_square_size":
      try Configurations.expect(false, &json, "pictures squashed to a square are not computed")
    case "pad_size": try Configurations.pass(&json)  // of do_pad
    case "do_rescale": doesRescale = try Configurations.bool(&json) ?? true
    case "do_normalize": doesNormalize = try Configurations.bool(&json) ?? true
    case "default_to_square": isSquare = try Configurations.bool(&json) ?? false
    case "rescale_factor":
      rescaleFactor = try Configurations.number(&json) ?? rescaleFactor
      guard rescaleFactor > 0 else { throw .invalid("is \(rescaleFactor), expected a number above 0") }
    case "image_mean": mean = try Configurations.channels(&json) ?? mean
    case "image_std": std = try Configurations.channels(&json) ?? std
    case "resample": filter = try Configurations.integer(&json)
    case "size": size = try isSigLIPs ? squareSize(&json) : ImageProcessorConfiguration.size(&json)
    case "crop_size" where isSigLIPs: try Configurations.pass(&json)  // of do_center_crop
    case "crop_size": cropSide = try ImageProcessorConfiguration.cropSide(&json)
    case "auto_map": try Configurations.refuseUnlessOff(&json, ImageProcessorConfiguration.customCode)
    case let key where ImageProcessorConfiguration.harmless.contains(key): try Configurations.pass(&json)
    default: try Configurations.refuseUnknown(&json, of: "CLIPImageProcessor")
    }
  }

  private static func squashed(_ what: String) -> String {
    "\(what): pictures squashed to a square are not computed, only the short side is resized"
  }

  /// The keys and numbers of an object of sizes.
  private static func sides(_ json: inout Reader) throws(Failure) -> [(key: String, side: Int)] {
    var sides: [(key: String, side: Int)] = []
    try Configurations.forEachKey(&json) { (key, json) throws(Failure) in
      if let side = try Configurations.integer(&json) { sides.append((key, side)) }
    }
    return sides
  }

  /// The size of a square: a number, or the same height and width.
  private func squareSize(_ json: inout Reader) throws(Failure) -> Size? {
    guard try json.kind() == .object else { return try Configurations.side(&json).map { .square($0) } }
    let sides = try ImageProcessorConfiguration.sides(&json)
    guard sides.map(\.key).sorted() == ["height", "width"], sides[0].side == sides[1].side else {
      let shown = sides.map { "\(quoted($0.key.utf8)) \($0.side)" }.joined(separator: ", ")
      throw .unsupported("has \(shown.isEmpty ? "no keys" : shown), expected the same 'height' and 'width'")
    }
    return .square(sides[0].side)
  }

  private static func size(_ json: inout Reader) throws(Failure) -> Size? {
    if try json.kind() == .array {
      try Configurations.pass(&json)
      throw .unsupported(squashed("is a height and a width"))
    }
    guard try json.kind() == .object else { return try Configurations.integer(&json).map { .side($0) } }
    let sides = try sides(&json)
    if sides.count == 1, sides[0].key == "shortest_edge" { return .shortSide(sides[0].side) }
    let keys = sides.map { quoted($0.key.utf8) }.joined(separator: " and ")
    guard sides.map(\.key).sorted() != ["height", "width"] else {
      throw .unsupported(squashed("has \(keys)"))
    }
    throw .unsupported(
      "has \(keys.isEmpty ? "no keys" : keys), expected 'shortest_edge', which alone is computed")
  }

  private static func cropSide(_ json: inout Reader) throws(Failure) -> Int? {
    guard try json.kind() == .object else { return try Configurations.side(&json) }
    let sides = try sides(&json)
    // The older form of the key.
    if sides.count == 1, sides[0].key == "shortest_edge" { return sides[0].side }
    guard sides.map(\.key).sorted() == ["height", "width"], sides[0].side == sides[1].side else {
      let shown = sides.map { "\(quoted($0.key.utf8)) \($0.side)" }.joined(separator: ", ")
      throw .unsupported("has \(shown.isEmpty ? "no keys" : shown), expected the same 'height' and 'width'")
    }
    return sides[0].side
  }
}
