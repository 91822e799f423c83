import CActionCLIP
import Preprocess
import System
import Tokenizer

// Functions of the tokenizer and of preprocessing without a model.

@_cdecl("actionclip_tokenizer_load") @implementation
public func actionclip_tokenizer_load(
  _ path: UnsafePointer<CChar>!, _ tokenizer_out: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
  longCall { () throws(Failure) in
    let path = try required(path, "path")
    let out = try required(tokenizer_out, "tokenizer_out")
    out.pointee = try Handle.make(Tokenizer(path: FilePath(path)))
  }
}

@_cdecl("actionclip_tokenizer_free") @implementation
public func actionclip_tokenizer_free(_ tokenizer: OpaquePointer!) {
  Handle.release(tokenizer, Tokenizer.self)
}

@_cdecl("actionclip_tokenizer_encode") @implementation
public func actionclip_tokenizer_encode(
  _ tokenizer: OpaquePointer!, _ text: UnsafePointer<CChar>!, _ text_size: Int,
  _ ids_out: UnsafeMutablePointer<Int32>!, _ ids_capacity: Int,
  _ count_out: UnsafeMutablePointer<Int>!
) -> Int32 {
  longCall { () throws(Failure) in
    let tokenizer = try Handle.object(tokenizer, Tokenizer.self)
    let text = UnsafeRawPointer(try required(text, "text")).assumingMemoryBound(to: UInt8.self)
    let size = try count(text_size, "text_size", minimum: 0)
    let countOut = try required(count_out, "count_out")
    try tokenizer.encode(UnsafeBufferPointer(start: text, count: size)) {
      (ids) throws(Failure) in
      if ids_out != nil || ids_capacity != 0 {
        let out = try output(ids_out, capacity: ids_capacity, needed: ids.count, "ids_out")
        if let base = ids.baseAddress { out.update(from: base, count: ids.count) }
      }
      countOut.pointee = ids.count
    }
  }
}

@_cdecl("actionclip_preprocess_crop") @implementation
public func actionclip_preprocess_crop(
  _ image: UnsafePointer<actionclip_image>!, _ size: Int32,
  _ options: UnsafePointer<actionclip_preprocess_options>!,
  _ crop_out: UnsafeMutablePointer<UInt8>!, _ crop_capacity: Int
) -> Int32 {
  crop(size, options, crop_out, crop_capacity) { () throws(Failure) in
    try imageView(required(image, "image").pointee, "image")
  }
}

@_cdecl("actionclip_preprocess_pixels") @implementation
public func actionclip_preprocess_pixels(
  _ image: UnsafePointer<actionclip_image>!, _ size: Int32,
  _ options: UnsafePointer<actionclip_preprocess_options>!,
  _ pixels_out: UnsafeMutablePointer<Float>!, _ pixels_capacity: Int
) -> Int32 {
  pixels(size, options, pixels_out, pixels_capacity) { () throws(Failure) in
    try imageView(required(image, "image").pointee, "image")
  }
}

@_cdecl("actionclip_preprocess_crop_camera_frame") @implementation
public func actionclip_preprocess_crop_camera_frame(
  _ frame: UnsafePointer<actionclip_frame>!, _ size: Int32,
  _ options: UnsafePointer<actionclip_preprocess_options>!,
  _ crop_out: UnsafeMutablePointer<UInt8>!, _ crop_capacity: Int
) -> Int32 {
  crop(size, options, crop_out, crop_capacity) { () throws(Failure) in
    try frameView(required(frame, "frame"), "frame")
  }
}

@_cdecl("actionclip_preprocess_pixels_camera_frame") @implementation
public func actionclip_preprocess_pixels_camera_frame(
  _ frame: UnsafePointer<actionclip_frame>!, _ size: Int32,
  _ options: UnsafePointer<actionclip_preprocess_options>!,
  _ pixels_out: UnsafeMutablePointer<Float>!, _ pixels_capacity: Int
) -> Int32 {
  pixels(size, options, pixels_out, pixels_capacity) { () throws(Failure) in
    try frameView(required(frame, "frame"), "frame")
  }
}

private func crop(
  _ size: Int32, _ options: UnsafePointer<actionclip_preprocess_options>?,
  _ out: UnsafeMutablePointer<UInt8>?, _ capacity: Int, view: () throws(Failure) -> FrameView
) -> Int32 {
  preprocess(size, options, out, capacity, "crop_out", view: view) {
    (preprocessor, view, out) throws(Failure) in try preprocessor.crop(view, into: out)
  }
}

private func pixels(
  _ size: Int32, _ options: UnsafePointer<actionclip_preprocess_options>?,
  _ out: UnsafeMutablePointer<Float>?, _ capacity: Int, view: () throws(Failure) -> FrameView
) -> Int32 {
  preprocess(size, options, out, capacity, "pixels_out", view: view) {
    (preprocessor, view, out) throws(Failure) in try preprocessor.pixels(view, into: out)
  }
}

/// Preprocesses one picture to 3·size·size elements; every argument is checked before `write` runs.
private func preprocess<Element>(
  _ size: Int32, _ options: UnsafePointer<actionclip_preprocess_options>?,
  _ out: UnsafeMutablePointer<Element>?, _ capacity: Int, _ name: String,
  view: () throws(Failure) -> FrameView,
  write: (Preprocessor, FrameView, UnsafeMutableBufferPointer<Element>) throws(Failure) -> Void
) -> Int32 {
  longCall { () throws(Failure) in
    let view = try view()
    guard (1...4096).contains(size) else { throw .argument("size is \(size), expected 1 to 4096") }
    let options = try preprocessOptions(options)
    let preprocessor = try Preprocessor(size: Int(size), options: options)
    let needed = 3 * Int(size) * Int(size)
    let target = try output(out, capacity: capacity, needed: needed, name)
    try write(preprocessor, view, UnsafeMutableBufferPointer(start: target, count: needed))
  }
}
