import Adaptation
import System
import Text

/// The report of a classifier's fit, with the labels that its indices mean. It never changes.
public final class ClassifierReport: Sendable {
  public let fit: FitReport
  public let labels: TextList

  init(_ fit: FitReport, _ labels: TextList) {
    self.fit = fit
    self.labels = labels
  }

  /// The whole report for people.
  public func text() throws(Failure) -> String {
    try fit.text { [labels] index in printable(labels[index], limit: 200) }
  }
}

extension Classifier {
  /// The report of the latest fit. Throws if there is none.
  public func report() throws(Failure) -> ClassifierReport {
    let list = labelList
    guard let fit = list.fit else {
      throw Failure(
        .notEnoughExamples, "the classifier is not fitted, so there is no report: add examples, then fit")
    }
    guard let report = fit.report else {
      throw Failure(
        .notEnoughExamples,
        "the classifier was loaded from a file, which keeps no report: fit it again for one")
    }
    return ClassifierReport(report, list.labels)
  }
}
