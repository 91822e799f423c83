import CActionCLIP
import Families
import Glibc
import Weights

// What a file is, before a model is made of it.

@_cdecl("actionclip_file_describe") @implementation
public func actionclip_file_describe(
  _ path: UnsafePointer<CChar>!, _ text_out: UnsafeMutablePointer<CChar>!, _ text_capacity: Int,
  _ text_size_out: UnsafeMutablePointer<Int>!
) -> Int32 {
  boundary { () throws(Failure) in
    let path = FilePath(try required(path, "path"))
    let capacity = text_capacity == 0 ? 0 : try count(text_capacity, "text_capacity")
    let size = try required(text_size_out, "text_size_out")
    let pairs: [(key: String, value: String)]
    do throws(WeightsError) { pairs = try CheckpointDescription.of(path) } catch { throw Failure(error) }
    let text = pairs.map { "\($0.key): \($0.value)\n" }.joined()
    let needed = text.utf8.count + 1
    if text_out != nil || capacity != 0 {
      guard let out = text_out else { throw .argument("text_out is NULL but text_capacity is \(capacity)") }
      guard needed <= capacity else {
        throw Failure(
          ACTIONCLIP_ERROR_BUFFER_TOO_SMALL,
          "text_capacity is \(capacity), but the text takes \(needed) bytes")
      }
      var place = 0
      for byte in text.utf8 {
        out[place] = CChar(bitPattern: byte)
        place += 1
      }
      out[place] = 0
    }
    size.pointee = needed
  }
}
