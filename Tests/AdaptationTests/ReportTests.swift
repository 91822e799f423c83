import Glibc
import Numerics
import System
import Testing

@testable import Adaptation

/// The report of a fit: each clip left out in turn, and what people should look at.
@Suite struct ReportTests {
  private let scale = 20.0

  private func report(
    _ world: World, _ examples: [Example], _ options: FitOptions = .prototypes, pool: ThreadPool? = nil
  ) throws -> FitReport {
    let classifier = try fit(world, examples, options, pool: pool)
    return try #require(classifier.report)
  }

  private func fit(
    _ world: World, _ examples: [Example], _ options: FitOptions = .prototypes, pool: ThreadPool? = nil
  ) throws -> AdaptedClassifier {
    try AdaptedClassifier.fit(
      support(examples), texts: world.texts, labelCount: world.labelCount, scale: scale, options, pool: pool)
  }

  @Test func intervalsAreWilsons() {
    let share = Share(hits: 8, of: 10)
    #expect(share.value == 0.8)
    #expect(abs(share.interval.lowerBound - 0.490162) < 1e-6)
    #expect(abs(share.interval.upperBound - 0.943318) < 1e-6)
    #expect(Share(hits: 3, of: 3).interval.upperBound == 1)
    #expect(Share().value == 0 && Share().interval == 0...1)
  }

  @Test func aClipIsJudgedByAFitWithoutIt() throws {
    var world = try World(labels: 6, size: 24)
    let examples = world.clips([0, 1, 2, 3], each: 3, noise: 1.5)
    var options = FitOptions.prototypes
    (options.textWeight, options.clipWeight, options.offset) = (0.5, 12, 1)
    let whole = try fit(world, examples, options)
    let report = try #require(whole.report)
    for example in examples {
      let without = try fit(world, examples.filter { $0.clip != example.clip }, options)
      let logits = try GrowingArray<Double>(uninitialized: world.labelCount)
      example.row.withUnsafeBufferPointer { without.logits($0.baseAddress!, to: logits.base) }
      // The weights were given, but each fit has a temperature of its own.
      let powers = logits.view.map { exp($0 * whole.temperature / without.temperature) }
      let probabilities = powers.map { $0 / powers.reduce(0, +) }
      let clip = try #require(list(report.clips).first { $0.clip == example.clip })
      let best = probabilities.indices.max { probabilities[$0] < probabilities[$1] }
      let others = probabilities.indices.filter { $0 != example.label }.map { probabilities[$0] }
      #expect(clip.label == example.label && clip.best == best && clip.isJudged)
      #expect(abs(clip.probability - probabilities[example.label]) < 1e-5)
      #expect(abs(clip.bestProbability - probabilities.max()!) < 1e-5)
      #expect(abs(clip.margin - (probabilities[example.label] - others.max()!)) < 1e-5)
    }
  }

  /// Every figure is a sum over the clips, and they all agree.
  @Test func figuresAgree() throws {
    var world = try World(labels: 8, size: 24, meaningless: [1])
    let examples = world.clips([0, 1, 2, 4], each: 5, views: 2, noise: 2) + world.clips([6, 7], each: 1)
    for method in [FitMethod.automatic, .words, .prototypes, .ridge, .softmax] {
      var options = FitOptions()
      options.method = method
      let report = try self.report(world, examples, options)
      #expect(report.clips.count == 22 && report.singleClips == 2 && report.labels.count == 6)
      #expect(report.labelCount == 8 && report.labelsWithoutExamples == 2)
      #expect(report.chosen.right.of == 20 && report.chosen.rightByWords.of == 22)
      let labels = list(report.labels)
      #expect(abs(labels.reduce(0) { $0 + $1.right.hits } - report.chosen.right.hits) < 1e-9)
      #expect(abs(labels.reduce(0) { $0 + $1.rightByWords.hits } - report.words.right.hits) < 1e-9)
      let wrong = list(report.confusions).reduce(0) { $0 + $1.clips }
      #expect(abs(wrong + report.chosen.right.hits - 20) < 1e-9)
      for label in labels {
        let own = list(report.clips).filter { $0.label == label.label }
        #expect(own.count == label.clips && label.right.of == (own.count > 1 ? Double(own.count) : 0))
        let mean = own.reduce(0) { $0 + $1.probability } / Double(own.count)
        #expect(abs(mean - label.meanProbability) < 1e-12)
        for clip in own { #expect(clip.isJudged == (own.count > 1)) }
      }
    }
  }

  /// Two labels of two clips each; one clip of label 1 lies at label 0, so both count as taken for each other.
  @Test func confusionsAreCountedByPairs() throws {
    let axes = try World(labels: 4, size: 4)
    for i in 0..<16 { axes.texts.base[i] = i % 5 == 0 ? 1 : 0 }
    func example(_ x: [Float], _ label: Int, _ clip: Int64) -> Example {
      Example(row: unitLength(x.map { Double($0) }).map { Float($0) }, label: label, clip: clip)
    }
    var options = FitOptions()
    options.method = .words
    let report = try self.report(
      axes,
      [
        example([1, 0.1, 0, 0], 0, 10), example([0.1, 1, 0, 0], 0, 11),
        example([1, 0, 0.1, 0], 1, 12), example([0, 1, 0, 0.1], 1, 13),
        example([0, 1, 0.2, 0], 2, 14), example([0, 0, 0, 1], 3, 15),
      ], options
    )
    #expect(list(report.confusions).map { [$0.first, $0.second, Int($0.clips)] } == [[0, 1, 2]])
    #expect(report.chosen.right == Share(hits: 2, of: 4) && report.singleClips == 2)
    #expect(list(report.clips).map(\.best) == [0, 1, 0, 1, -1, -1])
    #expect(list(report.clips).map(\.bestByWords) == [0, 1, 0, 1, 1, 3])
    #expect(list(report.labels).map(\.right.hits) == [1, 1, 0, 0])
  }

  @Test func duplicatesAreFound() throws {
    var world = try World(labels: 6, size: 40)
    var examples = world.clips([0, 1, 2], each: 4)
    for index in examples.indices { examples[index].clip = Int64(index) }
    // The last clip again: as another view of its own, as clips of its label, and of another one.
    let row = examples[11].row
    let near = unitLength(row.enumerated().map { Double($1) + ($0 == 3 ? 0.02 : 0) }).map { Float($0) }
    let far = unitLength(row.enumerated().map { Double($1) + ($0 == 3 ? 0.06 : 0) }).map { Float($0) }
    examples.append(Example(row: near, label: 2, clip: 11))
    examples.append(Example(row: near, label: 2, clip: 20))
    examples.append(Example(row: row, label: 0, clip: -5))
    examples.append(Example(row: far, label: 1, clip: 30))
    let report = try self.report(world, examples)
    func clip(_ number: Int64) throws -> ClipReport {
      try #require(list(report.clips).first { $0.clip == number })
    }
    #expect(try clip(11).duplicate == -5 && clip(11).hasOtherLabelInDuplicate)
    #expect(try clip(20).duplicate == -5 && clip(20).hasOtherLabelInDuplicate)
    #expect(try clip(-5).duplicate == 11 && clip(-5).hasOtherLabelInDuplicate)
    #expect(list(report.clips).filter { $0.duplicate != nil }.count == 3)
    let clips = list(report.clips).map(\.clip)
    #expect(clips == clips.sorted())
  }

  @Test func theOnlyClipOfALabelIsNotJudged() throws {
    var world = try World(labels: 4, size: 24)
    let report = try self.report(world, world.clips([0, 1], each: 1), FitOptions())
    #expect(report.singleClips == 2 && report.chosen.right == Share() && report.chosen.loss == 0)
    #expect(list(report.clips).allSatisfy { !$0.isJudged && !$0.isSuspect && $0.probability == 0 })
    #expect(report.reason.contains("no label has two clips"))
  }

  @Test func theReasonNamesWhatWasTried() throws {
    var world = try World(labels: 6, size: 40, meaningless: [0, 1])
    let report = try self.report(world, world.clips([0, 1, 2], each: 5), FitOptions())
    #expect(report.trials.map(\.method) == [.words, .prototypes, .ridge, .softmax])
    for name in ["words alone", "prototypes", "ridge", "softmax"] { #expect(report.reason.contains(name)) }
    let first = "\(report.chosen.method.name): left-out clips lose \(decimal(report.chosen.loss)) nats, "
    #expect(report.reason.hasPrefix(first))
    let asked = try self.report(world, world.clips([0, 1, 2], each: 2))
    #expect(asked.reason.hasPrefix("prototypes, as asked: ") && !asked.isAutomatic)
  }

  /// Labels left out cannot stand for many without examples, and of one label nothing is known.
  @Test func fewLabelsWithClipsAreLearnedByPrototypes() throws {
    var world = try World(labels: 12, size: 40)
    let few = try report(world, world.clips([0, 1, 2], each: 4), FitOptions())
    #expect(few.trials.map(\.method) == [.words, .prototypes])
    let one = try report(world, world.clips([0], each: 4), FitOptions())
    #expect(one.chosen.method == .prototypes && one.reason.contains("one label has all clips"))
  }

  /// The precision and recall of suspects, where one of ten clips has a wrong label.
  @Test(arguments: [4, 8, 16]) func mislabelledClipsAreNamed(each: Int) throws {
    var (found, named, wrong) = (0.0, 0.0, 0.0)
    for seed in 1...3 {
      var world = try World(labels: 20, size: 64, meaningless: [0, 1, 2, 3], seed: UInt64(seed))
      var examples = world.clips(Array(0..<12), each: each, noise: 1.5)
      var generator = Generator(state: UInt64(seed) &* 77 | 1)
      var mislabelled: Set<Int64> = []
      for index in examples.indices where (generator.next() >> 8) % 10 == 0 {
        examples[index].label = (examples[index].label + 1 + Int(generator.next() >> 8) % 11) % 12
        mislabelled.insert(examples[index].clip)
      }
      wrong += Double(mislabelled.count)
      for clip in try list(report(world, examples).clips) where clip.isSuspect {
        named += 1
        found += mislabelled.contains(clip.clip) ? 1 : 0
      }
    }
    #expect(found / named > 0.9 && found / wrong > (each == 4 ? 0.6 : 0.85))
  }

  @Test func aPersonCanReadIt() throws {
    var world = try World(labels: 40, size: 40, meaningless: [0, 1, 2])
    var examples = world.clips(Array(0..<30), each: 4, noise: 1.5) + world.clips([31], each: 1)
    for index in examples.indices { examples[index].clip = Int64(index) }
    examples[5].label = 7
    examples.append(Example(row: examples[9].row, label: 3, clip: 500))
    let report = try report(world, examples, FitOptions())
    let text = try report.text { "label \($0) " + String(repeating: "x", count: $0) }
    for line in text.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
    for words in [
      String(report.reason.prefix(40)), "There are 122 clips of 31 labels. 9 labels without clips",
      "1 clip with no other of the same label", "and 10 more",
      "clip 5: label 7 xxxxxxx, looks like label 1 x",
      "clip 500: label 3 xxx, nearly equals clip 9, one with another label", "None of these",
    ] { #expect(text.replacing("\n", with: " ").contains(words), "\(words)") }
    let single = try self.report(world, world.clips([0, 1], each: 1), FitOptions()).text { "\($0)\n" }
    #expect(single.contains("no threshold can be suggested") && !single.contains("the worst first"))
  }

  @Test func theSameReportForAnyOrderAndAnyThreads() throws {
    var world = try World(labels: 9, size: 40, meaningless: [2])
    let examples =
      world.clips([0, 1, 2, 3, 4], each: 3, views: 2, noise: 2) + world.clips([5], each: 1)
    for method in [FitMethod.prototypes, .ridge] {
      var options = FitOptions()
      options.method = method
      let first = try report(world, examples, options)
      for (index, pool) in [nil, ThreadPool(threads: 2), ThreadPool(threads: 3)].enumerated() {
        var other = examples
        other.reverse()
        other.swapAt(0, 4 + index)
        let second = try report(world, other, options, pool: pool)
        #expect(first.trials == second.trials && first.reason == second.reason)
        #expect(list(first.clips).elementsEqual(list(second.clips)))
        #expect(list(first.labels).elementsEqual(list(second.labels)))
        #expect(list(first.confusions).elementsEqual(list(second.confusions)))
      }
    }
  }
}

/// The elements of an array, which lives as long as they are copied.
func list<Element: BitwiseCopyable>(_ array: borrowing GrowingArray<Element>) -> [Element] {
  Array(array.view)
}

extension FitOptions {
  static var prototypes: FitOptions {
    var options = FitOptions()
    options.method = .prototypes
    return options
  }
}
