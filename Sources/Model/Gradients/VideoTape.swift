import Numerics

/// What one video's forward pass leaves for its backward pass. `TrainableModel` makes it and fills it.
public final class VideoTape {
  private let workspace: Workspace  // owns what `kept` points to
  let kept: VisionBackward.Kept

  init(_ workspace: Workspace, _ kept: VisionBackward.Kept) {
    self.workspace = workspace
    self.kept = kept
  }
}
