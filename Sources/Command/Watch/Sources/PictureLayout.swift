import CActionCLIP

/// Where the planes of a picture lie in one piece of memory, one after the other.
struct PictureLayout {
  let format: Int32
  let width: Int
  let height: Int
  /// First byte and bytes from row to row of each plane.
  private let planes: [(offset: Int, stride: Int)]
  /// Bytes of the whole picture.
  let size: Int

  /// - Parameters:
  ///   - format: ACTIONCLIP_PIXEL_*; nil is given for one without a layout here.
  ///   - width: at most 65535, as `height` is.
  ///   - rowBytes: from row to row of the first plane; nil: rows are packed.
  init?(_ format: Int32, width: Int, height: Int, rowBytes: Int? = nil) {
    let halfWidth = (width + 1) / 2
    let halfHeight = (height + 1) / 2
    let packed: Int
    // Each chroma plane: bytes of a packed row, its row's length in halves of the first plane's, and rows.
    let others: [(packed: Int, halves: Int, rows: Int)]
    switch format {
    case Int32(ACTIONCLIP_PIXEL_RGB), Int32(ACTIONCLIP_PIXEL_BGR): (packed, others) = (width * 3, [])
    case Int32(ACTIONCLIP_PIXEL_RGBA), Int32(ACTIONCLIP_PIXEL_BGRA), Int32(ACTIONCLIP_PIXEL_RGBX),
      Int32(ACTIONCLIP_PIXEL_BGRX):
      (packed, others) = (width * 4, [])
    case Int32(ACTIONCLIP_PIXEL_GRAY): (packed, others) = (width, [])
    case Int32(ACTIONCLIP_PIXEL_GRAY16): (packed, others) = (width * 2, [])
    case Int32(ACTIONCLIP_PIXEL_YUYV), Int32(ACTIONCLIP_PIXEL_UYVY): (packed, others) = (halfWidth * 4, [])
    case Int32(ACTIONCLIP_PIXEL_NV12), Int32(ACTIONCLIP_PIXEL_NV21):
      (packed, others) = (width, [(halfWidth * 2, 2, halfHeight)])
    case Int32(ACTIONCLIP_PIXEL_I420), Int32(ACTIONCLIP_PIXEL_YV12):
      (packed, others) = (width, [(halfWidth, 1, halfHeight), (halfWidth, 1, halfHeight)])
    case Int32(ACTIONCLIP_PIXEL_NV24): (packed, others) = (width, [(width * 2, 4, height)])
    default: return nil
    }
    let stride = rowBytes ?? packed
    guard stride >= packed else { return nil }
    var planes = [(offset: 0, stride: stride)]
    var end = stride * height
    for plane in others {
      let row = rowBytes == nil ? plane.packed : stride * plane.halves / 2
      planes.append((end, row))
      end += row * plane.rows
    }
    (self.format, self.width, self.height, self.planes, size) = (format, width, height, planes, end)
  }

  /// The frame whose bytes begin at `start`; the memory holds `size` bytes.
  func frame(at start: UnsafePointer<UInt8>, _ colours: Colours) -> actionclip_frame {
    var frame = actionclip_frame()
    actionclip_frame_init(&frame)
    frame.pixel_format = format
    frame.width = Int32(clamping: width)
    frame.height = Int32(clamping: height)
    frame.matrix = colours.matrix
    frame.range = colours.range
    for (place, plane) in planes.enumerated() {
      let (address, stride) = (start + plane.offset, Int64(plane.stride))
      switch place {
      case 0: (frame.planes.0, frame.strides.0) = (address, stride)
      case 1: (frame.planes.1, frame.strides.1) = (address, stride)
      default: (frame.planes.2, frame.strides.2) = (address, stride)
      }
    }
    return frame
  }
}

/// How luma and chroma are turned into red, green and blue: ACTIONCLIP_MATRIX_* and ACTIONCLIP_RANGE_*.
struct Colours {
  var matrix = Int32(ACTIONCLIP_MATRIX_AUTO)
  var range = Int32(ACTIONCLIP_RANGE_AUTO)
}
