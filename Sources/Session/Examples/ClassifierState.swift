import Adaptation

/// A classifier's labels, its examples and the choices of its fit, which change together.
struct ClassifierState {
  var list: LabelList
  var examples: ExampleSet
  /// The choices for fits; nil: the classifier is not fitted, and words alone score.
  var options: FitOptions?
  /// Whether the fit's clips are not among the examples: the classifier was loaded without them, so another fit cannot
  /// be made.
  var isWithoutClips = false
}
