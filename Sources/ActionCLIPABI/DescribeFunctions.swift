import CActionCLIP
import System
import Families
import Glibc
import Weights

// What a file is, before a model is made of it.

@_cdecl("actionclip_file_describe") @implementation
public func actionclip_file_describe(
  _ path: UnsafePointer<CChar>!, _ text_out: UnsafeMutablePointer<CChar>!, _ text_capacity: Int,
  _ text_size_out: UnsafeMutablePointer<Int>!
) -> Int32 {
  longCall { () throws(Failure) in
    let path = try HubCache.withPath(required(path, "path")) { FilePath($0) }
    let capacity = text_capacity == 0 ? 0 : try count(text_capacity, "text_capacity")
    let size = try required(text_size_out, "text_size_out")
    let pairs: [(key: String, value: String)]
    pairs = try CheckpointDescription.of(path)
    let text = pairs.map { "\($0.key): \($0.value)\n" }.joined()
    try writeText(text, to: text_out, capacity: capacity, size: size)
  }
}
