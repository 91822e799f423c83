import System
import Text

extension MergedPieces {
  /// Appends a tokenizer.json that gives the same ids, of the keys that are read here.
  func write(to file: inout GrowingArray<UInt8>) throws(Failure) {
    try file.append(#"{"version":"1.0","added_tokens":["#)
    for index in 0..<added.count {
      try file.append(index > 0 ? #",{"id":"# : #"{"id":"#)
      for byte in addedIDs[index].description.utf8 { try file.append(byte) }
      try file.append(#","content":"#)
      try JSONStrings.append(added[index], to: &file)
      try file.append(
        #","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}"#)
    }
    try file.append(#"],"normalizer":{"type":"Sequence","normalizers":[{"type":"Lowercase"},"#)
    try file.append(
      #"{"type":"Replace","pattern":{"String":" "},"content":"\#u{2581}"}]},"pre_tokenizer":null,"#)
    try file.append(
      #""post_processor":{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}},"#)
    try file.append(
      #"{"SpecialToken":{"id":"<eos>","type_id":0}}],"special_tokens":{"<eos>":{"id":"<eos>","ids":["#)
    for byte in endOfText.description.utf8 { try file.append(byte) }
    try file.append(#"],"tokens":["<eos>"]}}},"model":{"type":"BPE","byte_fallback":true,"vocab":{"#)
    for id in 0..<pieces.count {
      if id > 0 { try file.append(",") }
      try JSONStrings.append(pieces.spelling(of: id), to: &file)
      try file.append(":")
      for byte in id.description.utf8 { try file.append(byte) }
    }
    try file.append(#"},"merges":["#)
    try appendMerges(to: &file)
    try file.append("]}}")
  }

  private func appendMerges(to file: inout GrowingArray<UInt8>) throws(Failure) {
    var lefts = try GrowingArray<Int32>(repeating: 0, count: products.count)
    var rights = try GrowingArray<Int32>(repeating: 0, count: products.count)
    pairs.forEach { left, right, rank in
      lefts[Int(rank)] = left
      rights[Int(rank)] = right
    }
    for rank in 0..<products.count {
      try file.append(rank > 0 ? ",[" : "[")
      try JSONStrings.append(pieces.spelling(of: Int(lefts[rank])), to: &file)
      try file.append(",")
      try JSONStrings.append(pieces.spelling(of: Int(rights[rank])), to: &file)
      try file.append("]")
    }
  }
}
