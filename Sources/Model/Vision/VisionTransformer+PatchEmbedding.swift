import System
import Numerics

extension VisionTransformer {
  /// Writes the tokens of frames first ..< first + count to buffers.x: the p×p convolution of stride p, as a product
  /// with the patches laid out in rows, plus class token, embeddings and learned tokens. A stem's products come before it.
  func embed(
    _ source: any FrameSource, _ first: Int, _ count: Int, _ plan: Plan, _ buffers: Buffers,
    _ pool: ThreadPool
  ) throws(Failure) {
    var done = 0
    while done < count {
      try checkCancelled()
      let run = min(plan.framesPerPatchRun, count - done)
      let pixels: UnsafePointer<Float>
      if let own = buffers.patches.pixels {
        try pool.runThrowing(count: run) { (index, _) throws(Failure) in
          try source.write(first + done + index, to: own + index * pixelsPerFrame)
        }
        pixels = UnsafePointer(own)
      } else if let all = source.pixels {
        pixels = all + (first + done) * pixelsPerFrame
      } else {
        throw Failure(.invalidArgument, "the frame source no longer says where its pixels are")
      }
      unfold(pixels, frames: run, into: buffers.patches.columns, pool)
      var patchRows = Operand(buffers.patches.columns, stride: columnsPerPatch)
      if let input = buffers.patches.input {
        input.fill(
          rows: run * patches, buffers.patches.columns, stride: columnsPerPatch, width: patchEmbedding.inputs,
          kernels: patchEmbedding.kernels, pool: pool)
        patchRows = input
      }
      for frame in 0..<run {
        let (sequence, t) = (
          (done + frame) / framesPerSequence, (done + frame) % framesPerSequence
        )
        let tokens = buffers.x + sequence * sequenceLength * width
        place(t, in: tokens)
        var rows = patchRows.from(frame * patches)
        if let stem, let memory = buffers.patches.stem {
          let columns = buffers.patches.columns + frame * patches * columnsPerPatch
          rows = stem.apply(columns, patches: patches, memory, pool)
        }
        patchEmbedding.add(
          rows: patches, rows, to: tokens + (classTokens + t) * width, stride: framesPerSequence * width,
          pool: pool)
        if let prompts { (tokens + (1 + patches) * width).update(from: prompts.base, count: prompts.count) }
      }
      done += run
    }
  }

  /// Floats from one patch's columns to the next one's.
  var columnsPerPatch: Int { stem?.columnsPerPatch ?? Workspace.rounded(patchEmbedding.inputs) }

  /// Copies the patches of frames to rows of `columns`.
  func unfold(
    _ pixels: UnsafePointer<Float>, frames: Int, into columns: UnsafeMutablePointer<Float>, _ pool: ThreadPool
  ) {
    pool.run(count: frames * configuration.gridSize) { index, _ in
      unfold(pixels, patchRow: index, into: columns)
    }
  }

  /// Copies one row of a frame's patches to rows of [channel, y, x], the order of the convolution's weight.
  private func unfold(
    _ pixels: UnsafePointer<Float>, patchRow: Int, into columns: UnsafeMutablePointer<Float>
  ) {
    let (side, grid, patch) = (
      configuration.imageSize, configuration.gridSize, configuration.patchSize
    )
    let (frame, gridRow) = (patchRow / grid, patchRow % grid)
    let image = pixels + frame * pixelsPerFrame
    for gridColumn in 0..<grid {
      var target = columns + (patchRow * grid + gridColumn) * columnsPerPatch
      if let stem {
        stem.unfold(image + (gridRow * side + gridColumn) * patch, into: target)
        continue
      }
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

  /// Writes the positional embeddings, and those of time, to the tokens of frame t of a sequence, before its patches
  /// are added. In joint models the order after the class token is patch-major, frame-minor (paper section 3.3).
  private func place(_ t: Int, in tokens: UnsafeMutablePointer<Float>) {
    let position = positionalEmbedding.base
    if t == 0, let classEmbedding {
      for i in 0..<width { tokens[i] = classEmbedding.base[i] + position[i] }
    }
    let time = timeEmbedding.map { UnsafePointer($0.base + t * width) }
    for patch in 0..<patches {
      let place = position + (patch + classTokens) * width
      let to = tokens + (classTokens + patch * framesPerSequence + t) * width
      if let time {
        for i in 0..<width { to[i] = place[i] + time[i] }
      } else {
        to.update(from: place, count: width)
      }
    }
  }
}
