/// A list of videos with their labels, the model, and what scores videos against these labels.
struct LabelledSet {
  let source: ListSource
  let videos: VideoList
  let model: Model
  let descriptions: Descriptions?
  /// Texts of the labels; nil where a classifier has the labels.
  let texts: LabelTexts?
  let scorer: LabelScorer

  /// Reads a list and loads the model, once and as late as the list allows.
  /// - Parameters:
  ///   - given: the list, and a file of the labels to find the list's in; without one they are the classifier's, the
  ///     list's own or the model's.
  ///   - load: loads the model.
  init(
    _ given: LabelledVideos, multiLabel: Bool = false, _ scoring: ScoringOptions,
    load: () throws(LibraryError) -> Model
  ) throws {
    // The small files are checked before the large one is read.
    descriptions = try scoring.prompts.readDescriptions()
    source = try ListSource(given.list)
    let needsModel = scoring.classifier != nil || (given.labels == nil && !source.namesClasses)
    let early = try needsModel ? load() : nil
    let taught = try early.flatMap { try scoring.readClassifier(for: $0) }
    let classes: ClassList?
    if let labels = given.labels {
      classes = try ClassList(labels)
    } else if let taught {
      classes = try ClassList(of: taught)
    } else {
      classes = try early.map { try ClassList(of: $0) }
    }
    videos = try given.reading.videos(source, classes: classes, multiLabel: multiLabel)
    model = try early ?? load()
    if let taught {
      (texts, scorer) = (nil, try LabelScorer(taught))
    } else {
      let names = videos.classes.labels
      let words = try scoring.prompts.texts(of: names, descriptions, with: model)
      (texts, scorer) = (words, LabelScorer(model, names, words, scale: scoring.scale ?? 0))
    }
  }
}
