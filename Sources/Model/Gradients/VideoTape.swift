import Numerics

/// The numbers of one video's forward pass that its backward pass needs. `TrainableModel` makes it and fills it.
public final class VideoTape {
  private let workspace: Workspace  // owns what `kept` points to
  let kept: VisionBackward.Kept

  init(_ workspace: Workspace, _ kept: VisionBackward.Kept) {
    self.workspace = workspace
    self.kept = kept
  }
}
