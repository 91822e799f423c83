import System
import Text

/// The file case.json of a pack: sizes, temporal options and the optimiser's settings.
struct PackSettings {
  /// Frames of a clip.
  private(set) var frames = 0
  private(set) var clips = 0
  private(set) var head = ""
  private(set) var shifts = false
  private(set) var isJoint = false
  private(set) var rate = 0.0
  private(set) var headRate = 0.0
  private(set) var beta1 = 0.0
  private(set) var beta2 = 0.0
  private(set) var epsilon = 0.0
  private(set) var weightDecay = 0.0

  private static let longest = 64

  init(_ bytes: UnsafeRawBufferPointer, subject: String) throws(Failure) {
    var json = JSONReader(bytes, maximumDepth: 4, maximumKeys: 256, subject: subject + ": ")
    try json.beginObject()
    while let key = try json.nextKey(atMost: Self.longest) {
      switch key {
      case "T": frames = try json.integer()
      case "clips": clips = try json.integer()
      case "head": head = try json.string(atMost: Self.longest)
      case "tsm": shifts = try json.bool()
      case "joint": isJoint = try json.bool()
      case "adamw": try readOptimiser(&json)
      default: try json.skip(atMost: 1 << 16)
      }
    }
    try json.finish()
    for (name, size) in [("T", frames), ("clips", clips)] where !(1...4096).contains(size) {
      throw Failure(.unsupported, "\(subject): \(name) is \(size), expected 1 to 4096")
    }
    guard rate > 0, headRate > 0 else {
      throw Failure(.unsupported, "\(subject): adamw has no lr and lr_head above 0")
    }
  }

  private mutating func readOptimiser(_ json: inout JSONReader) throws(Failure) {
    try json.beginObject()
    while let key = try json.nextKey(atMost: Self.longest) {
      switch key {
      case "lr": rate = try json.number()
      case "lr_head": headRate = try json.number()
      case "eps": epsilon = try json.number()
      case "weight_decay": weightDecay = try json.number()
      case "betas":
        try json.beginArray()
        var betas: [Double] = []
        while try json.nextElement() { betas.append(try json.number()) }
        if betas.count == 2 { (beta1, beta2) = (betas[0], betas[1]) }
      default: try json.skip(atMost: 1 << 16)
      }
    }
  }
}
