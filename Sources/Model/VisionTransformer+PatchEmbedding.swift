import Numerics
import Synchronization

extension VisionTransformer {
  /// Frames first ..< first + count to tokens in buffers.x: the p×p convolution of stride p as a
  /// product with the patches laid out in rows, plus class token and embeddings.
  /// False if the source stopped.
  func embed(
    _ source: FrameSource, _ first: Int, _ count: Int, _ plan: Plan, _ buffers: Buffers,
    _ pool: ThreadPool
  ) -> Bool {
    var done = 0
    while done < count {
      let run = min(plan.framesPerPatchRun, count - done)
      let pixels: UnsafePointer<Float>
      switch source {
      case .pixels(let all): pixels = all + (first + done) * pixelsPerFrame
      case .fill(let fill):
        guard let own = buffers.pixels else { return false }
        let stopped = Atomic<Bool>(false)
        pool.run(count: run) { index, _ in
          if !fill(first + done + index, own + index * pixelsPerFrame) {
            stopped.store(true, ordering: .relaxed)
          }
        }
        if stopped.load(ordering: .relaxed) { return false }
        pixels = UnsafePointer(own)
      }
      let rows = run * patches
      pool.run(count: run * configuration.gridSize) { index, _ in
        unfold(pixels, patchRow: index, into: buffers.columns)
      }
      let convolved = buffers.scratch.wide  // [rows, W]
      patchEmbedding.apply(
        rows: rows, buffers.columns, stride: patchEmbedding.inputs, to: convolved, stride: width,
        pool: pool)
      pool.run(count: run) { index, _ in
        place(convolved + index * patches * width, frame: done + index, in: buffers.x)
      }
      done += run
    }
    return true
  }

  /// One row of patches of one frame to rows of [channel, y, x] as the convolution's weight has them.
  private func unfold(
    _ pixels: UnsafePointer<Float>, patchRow: Int, into columns: UnsafeMutablePointer<Float>
  ) {
    let (side, grid, patch) = (
      configuration.imageSize, configuration.gridSize, configuration.patchSize
    )
    let (frame, gridRow) = (patchRow / grid, patchRow % grid)
    let image = pixels + frame * pixelsPerFrame
    for gridColumn in 0..<grid {
      var target = columns + (patchRow * grid + gridColumn) * patchEmbedding.inputs
      for channel in 0..<3 {
        for y in 0..<patch {
          target.update(
            from: image + (channel * side + gridRow * patch + y) * side + gridColumn * patch,
            count: patch)
          target += patch
        }
      }
    }
  }

  /// A frame's convolved patches [g², W] to its places in the token sequence, embeddings added.
  /// Joint order after the class token is patch-major, frame-minor (paper section 3.3).
  private func place(
    _ convolved: UnsafePointer<Float>, frame: Int, in x: UnsafeMutablePointer<Float>
  ) {
    let (sequence, t) = (frame / framesPerSequence, frame % framesPerSequence)
    let tokens = x + sequence * sequenceLength * width
    let position = positionalEmbedding.base
    if t == 0 {
      for i in 0..<width { tokens[i] = classEmbedding.base[i] + position[i] }
    }
    let time = timeEmbedding.map { UnsafePointer($0.base + t * width) }
    for patch in 0..<patches {
      let from = convolved + patch * width
      let place = position + (patch + 1) * width
      let to = tokens + (1 + patch * framesPerSequence + t) * width
      if let time {
        for i in 0..<width { to[i] = from[i] + place[i] + time[i] }
      } else {
        for i in 0..<width { to[i] = from[i] + place[i] }
      }
    }
  }
}
