import CActionCLIP
import Index
import Session
import System

// Functions that search archives of embeddings.

/// The sizes in bytes of the structs' first versions, the smallest ones that are accepted.
private let oldestIndexOptions = 16
private let oldestIndexInfo = 48
private let oldestQueryOptions = 16
private let oldestMoment = 56

/// A choice that is 0 or 1.
private func flag(_ value: Int32, _ name: String) throws(Failure) -> Bool {
  guard value == 0 || value == 1 else { throw .argument("\(name) is \(value), expected 0 or 1") }
  return value == 1
}

@_cdecl("actionclip_index_options_init_sized") @implementation
public func actionclip_index_options_init_sized(
  _ options: UnsafeMutablePointer<actionclip_index_options>!, _ struct_size: Int
) {
  SizedStruct.initialize(
    options, size: struct_size, defaults: actionclip_index_options(), oldest: oldestIndexOptions)
}

@_cdecl("actionclip_index_open") @implementation
public func actionclip_index_open(
  _ path: UnsafePointer<CChar>!, _ options: UnsafePointer<actionclip_index_options>!,
  _ index_out: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
  longCall { () throws(Failure) in
    let path = try required(path, "path")
    let out = try required(index_out, "index_out")
    let given = try SizedStruct.read(
      options, defaults: actionclip_index_options(), oldest: oldestIndexOptions, "options")
    guard given.reserved == 0 else { throw .argument("options: reserved is not 0") }
    out.pointee = try Handle.make(
      ArchiveIndex(
        FilePath(path), threads: threadCount(given.threads, "threads"),
        inMemory: flag(given.in_memory, "in_memory")))
  }
}

@_cdecl("actionclip_index_free") @implementation
public func actionclip_index_free(_ index: OpaquePointer!) { Handle.release(index, ArchiveIndex.self) }

@_cdecl("actionclip_index_get_info") @implementation
public func actionclip_index_get_info(
  _ index: OpaquePointer!, _ info_out: UnsafeMutablePointer<actionclip_index_info>!
) -> Int32 {
  boundary { () throws(Failure) in
    let index = try Handle.object(index, ArchiveIndex.self)
    var info = actionclip_index_info()
    info.dimension = Int32(clamping: index.manifest.dimension)
    info.number_type = index.manifest.type.rawValue
    (info.rows, info.removed_rows) = (Int64(index.rows), Int64(index.removedRows))
    (info.window, info.step) = (index.manifest.window, index.manifest.step)
    info.frames = Int32(clamping: index.manifest.frames)
    info.unfinished = index.isUnfinished ? 1 : 0
    try SizedStruct.write(info, to: info_out, oldest: oldestIndexInfo, "info_out")
  }
}

@_cdecl("actionclip_index_manifest") @implementation
public func actionclip_index_manifest(_ index: OpaquePointer!) -> UnsafePointer<CChar>! {
  string(index, ArchiveIndex.self) { $0.manifest.text.cString(0) }
}

private var defaultQueryOptions: actionclip_query_options {
  var options = actionclip_query_options()
  (options.merge, options.minimum_score) = (1, -.infinity)
  return options
}

@_cdecl("actionclip_query_options_init_sized") @implementation
public func actionclip_query_options_init_sized(
  _ options: UnsafeMutablePointer<actionclip_query_options>!, _ struct_size: Int
) {
  SizedStruct.initialize(
    options, size: struct_size, defaults: defaultQueryOptions, oldest: oldestQueryOptions)
}

@_cdecl("actionclip_index_query") @implementation
public func actionclip_index_query(
  _ index: OpaquePointer!, _ vectors: UnsafePointer<Float>!, _ weights: UnsafePointer<Float>!,
  _ vector_count: Int, _ dimension: Int, _ options: UnsafePointer<actionclip_query_options>!,
  _ moments_out: UnsafeMutablePointer<actionclip_moment>!, _ capacity: Int,
  _ count_out: UnsafeMutablePointer<Int>!
) -> Int32 {
  longCall { () throws(Failure) in
    let index = try Handle.object(index, ArchiveIndex.self)
    let vectors = try required(vectors, "vectors")
    guard (1...65536).contains(vector_count) else {
      throw .argument("vector_count is \(UInt(bitPattern: vector_count)), expected 1 to 65536")
    }
    guard dimension == index.manifest.dimension else {
      throw .argument(
        "dimension is \(UInt(bitPattern: dimension)), the archive's rows have \(index.manifest.dimension) numbers"
      )
    }
    let given = try SizedStruct.read(
      options, defaults: defaultQueryOptions, oldest: oldestQueryOptions, "options")
    guard !given.minimum_score.isNaN else { throw .argument("minimum_score is NaN") }
    let merges = try flag(given.merge, "merge")
    let out = try required(moments_out, "moments_out")
    try SizedStruct.checkSize(of: out, oldest: oldestMoment, "moments_out")
    guard (1...1 << 20).contains(capacity) else {
      throw .argument("capacity is \(UInt(bitPattern: capacity)), expected 1 to \(1 << 20)")
    }
    let total = try required(count_out, "count_out")
    let query = try SearchQuery(
      vectors, weights: weights.map { UnsafePointer($0) }, count: vector_count, dimension: dimension)
    let moments = try index.search(query, count: capacity, minimum: given.minimum_score, merges: merges)
    try write(moments, to: out)
    total.pointee = moments.count
  }
}

/// Writes moments to an array whose elements are as far apart as the first one says.
private func write(
  _ moments: borrowing GrowingArray<Moment>, to out: UnsafeMutablePointer<actionclip_moment>
) throws(Failure) {
  let size = UnsafeRawPointer(out).loadUnaligned(as: UInt32.self)
  for index in 0..<moments.count {
    let place = UnsafeMutableRawPointer(out) + index * Int(size)
    place.storeBytes(of: size, as: UInt32.self)
    let moment = moments[index]
    var row = actionclip_moment()
    (row.row, row.score, row.start, row.end) = (Int64(moment.row), moment.score, moment.start, moment.end)
    (row.peak_start, row.peak_end) = (moment.peakStart, moment.peakEnd)
    try SizedStruct.write(
      row, to: place.assumingMemoryBound(to: actionclip_moment.self), oldest: oldestMoment, "moments_out")
  }
}

@_cdecl("actionclip_index_row") @implementation
public func actionclip_index_row(
  _ index: OpaquePointer!, _ row: Int64, _ start_out: UnsafeMutablePointer<Double>!,
  _ end_out: UnsafeMutablePointer<Double>!, _ path_out: UnsafeMutablePointer<CChar>!,
  _ path_capacity: Int, _ path_size_out: UnsafeMutablePointer<Int>!
) -> Int32 {
  longCall { () throws(Failure) in
    let index = try Handle.object(index, ArchiveIndex.self)
    let size = try required(path_size_out, "path_size_out")
    let place = try index.place(of: Int(clamping: row))
    try writeText(
      String(decoding: place.path, as: UTF8.self), to: path_out, capacity: path_capacity, size: size, "path")
    start_out?.pointee = place.start
    end_out?.pointee = place.end
  }
}
