import ActionCLIP
import Testing

/// The repository's path of a file.
func file(_ path: String) -> String {
  #filePath.split(separator: "/").dropLast(5).reduce("") { $0 + "/" + $1 } + "/" + path
}

@Suite struct ClassifyTests {
  let model: Model

  init() throws { model = try Model(file("models/actionclip-shapes.safetensors")) { $0.threads = 1 } }

  @Test func aVideoIsClassified() throws {
    let classifier = try Classifier(model, labels: ["moving left", "growing", "spinning clockwise"])
    var video = try Video(file("examples/shapes.mp4"))
    let ranked = try classifier.rank(model.encode(&video, to: 2.88))
    #expect(ranked.map(\.label).first == "moving left" && ranked.count == 3)
    try classifier.setLabels(["growing"])
    #expect(try classifier.rank(model.encode(&video)).map(\.probability) == [1])
    #expect(try model.labels.contains("moving left"))
    #expect(try model.encode(["a", "b"]).count == 2 * Int(model.info.embedding_size))
  }

  @Test func framesInMemoryAreEncoded() throws {
    var video = try Video(file("examples/clip.mp4")) { $0.threads = 1 }
    let info = try video.outline()
    let rgb = try video.frames(at: (0..<Int64(model.info.frames)).map { $0 * 3 })
    let embedding = try model.encode(rgb: rgb, width: Int(info.width), height: Int(info.height))
    #expect(embedding.count == Int(model.info.embedding_size))
    #expect(throws: Failure.self) { try model.encode(rgb: rgb, width: 7, height: 65537) }
  }

  @Test func aClassifierLearns() throws {
    let classifier = try Classifier(
      model, labels: ["moving left", "zigzagging"], templates: ["a video of {}"])
    var zigzag = try Video(file("examples/zigzag.mp4"))
    var shapes = try Video(file("examples/shapes.mp4"))
    try classifier.add("zigzagging", &zigzag, views: 2)
    try classifier.add("moving left", &shapes, to: 2.88)
    try classifier.fit()
    #expect(try classifier.rank(model.encode(&zigzag)).first?.label == "zigzagging")
  }

  @Test func mistakesAreFailures() throws {
    let failure = #expect(throws: Failure.self) { try Model("/no/such/file") }
    #expect(
      failure?.name == "ACTIONCLIP_ERROR_FILE_OPEN" && failure?.message.contains("/no/such/file") == true)
    #expect(throws: Failure.self) { try Classifier(model, labels: []) }
    #expect(throws: Failure.self) { try Classifier(model, labels: ["a\0b"]) }
    #expect(throws: Failure.self) { try Classifier(model, labels: ["a"]).rank([1, 2]) }
  }

  @Test func tasksShareAModel() async throws {
    let model = model
    let classifier = try Classifier(model, labels: ["moving left", "growing"])
    let best = try await withThrowingTaskGroup(of: String?.self) { group in
      for _ in 0..<2 {
        group.addTask {
          var video = try Video(file("examples/shapes.mp4"))
          return try classifier.rank(model.encode(&video, to: 2.88)).first?.label
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(best == ["moving left", "moving left"])
  }
}
