/// Puts three planes into the order of a pixel format that holds the same samples.
enum Repacking {
  /// Y, and U and V of half the width (4:2:2), to YUYV.
  case halfWidthToYUYV
  /// Y, U and V of the full size (4:4:4), to NV24.
  case fullToNV24

  /// Bytes of the three planes.
  func size(_ width: Int, _ height: Int) -> Int {
    switch self {
    case .halfWidthToYUYV: (width + (width + 1) / 2 * 2) * height
    case .fullToNV24: width * height * 3
    }
  }

  func apply(
    from planes: UnsafePointer<UInt8>, to result: UnsafeMutablePointer<UInt8>, _ width: Int, _ height: Int
  ) {
    let luma = width * height
    switch self {
    case .halfWidthToYUYV:
      let pairs = (width + 1) / 2
      for row in 0..<height {
        let y = planes + row * width
        let u = planes + luma + row * pairs
        let v = u + pairs * height
        let out = result + row * pairs * 4
        for pair in 0..<pairs {
          out[pair * 4] = y[pair * 2]
          out[pair * 4 + 1] = u[pair]
          out[pair * 4 + 2] = y[min(pair * 2 + 1, width - 1)]  // of an odd width, the last pixel twice
          out[pair * 4 + 3] = v[pair]
        }
      }
    case .fullToNV24:
      result.update(from: planes, count: luma)
      let chroma = result + luma
      for place in 0..<luma {
        chroma[place * 2] = planes[luma + place]
        chroma[place * 2 + 1] = planes[luma * 2 + place]
      }
    }
  }
}
