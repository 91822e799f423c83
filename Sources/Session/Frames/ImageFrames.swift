import Model
import Preprocess
import System

/// Images and camera frames in memory as a source of frames: the model's threads preprocess each one when they need it.
/// The pictures must outlive the call that encodes them.
public struct ImageFrames: FrameSource, @unchecked Sendable {
  private let images: UnsafeBufferPointer<FrameView>
  private let preprocessors: PreprocessorPool

  public init(_ images: UnsafeBufferPointer<FrameView>, _ preprocessors: PreprocessorPool) {
    self.images = images
    self.preprocessors = preprocessors
  }

  public func write(_ index: Int, to pixels: UnsafeMutablePointer<Float>) throws(Failure) {
    do { try preprocessors.pixels(images[index], to: pixels) } catch { throw error.about("frames[\(index)]") }
  }
}
