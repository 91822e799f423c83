import CActionCLIP
import Model
import Preprocess
import Session
import Streams
import System

// Functions of streams, which push frames one by one and take windows over them.

private let oldestStreamOptions = 64
private let oldestWindow = 64
private let oldestStats = 88
private let oldestInfo = 80

@_cdecl("actionclip_stream_options_init_sized") @implementation
public func actionclip_stream_options_init_sized(
  _ options: UnsafeMutablePointer<actionclip_stream_options>!, _ struct_size: Int
) {
  SizedStruct.initialize(
    options, size: struct_size, defaults: actionclip_stream_options(), oldest: oldestStreamOptions)
}

/// Checks and converts the caller's options; NULL gives the defaults.
private func streamOptions(
  _ pointer: UnsafePointer<actionclip_stream_options>?, _ loaded: LoadedModel
) throws(Failure) -> StreamOptions {
  let given = try SizedStruct.read(
    pointer, defaults: actionclip_stream_options(), oldest: oldestStreamOptions, "options")
  var options = StreamOptions(preprocess: try preprocessOptions(given.preprocess, else: loaded.preset))
  options.frameInterval = given.frame_interval_ns
  options.frameStride = Int(given.frame_stride)
  options.hop = Int(given.hop)
  options.gap = given.gap_ns
  options.maximumAge = given.max_age_ns
  options.queueFrames = Int(given.queue_frames)
  options.queueWindows = Int(given.queue_windows)
  switch given.warmup {
  case ACTIONCLIP_WARMUP_WAIT: options.warmUp = .wait
  case ACTIONCLIP_WARMUP_REPEAT_FIRST: options.warmUp = .repeatFirst
  case ACTIONCLIP_WARMUP_PARTIAL: options.warmUp = .partial
  default: throw .argument("warmup is \(given.warmup), expected ACTIONCLIP_WARMUP_*")
  }
  switch given.overflow {
  case ACTIONCLIP_OVERFLOW_WAIT: options.overflow = .wait
  case ACTIONCLIP_OVERFLOW_DROP_OLDEST: options.overflow = .dropOldest
  case ACTIONCLIP_OVERFLOW_DROP_NEWEST: options.overflow = .dropNewest
  case ACTIONCLIP_OVERFLOW_LATEST: options.overflow = .latest
  default: throw .argument("overflow is \(given.overflow), expected ACTIONCLIP_OVERFLOW_*")
  }
  switch given.mode {
  case ACTIONCLIP_STREAM_EXACT: break
  case ACTIONCLIP_STREAM_CAUSAL: options.isCausal = true
  default: throw .argument("mode is \(given.mode), expected ACTIONCLIP_STREAM_*")
  }
  return options
}

@_cdecl("actionclip_stream_create") @implementation
public func actionclip_stream_create(
  _ model: OpaquePointer!, _ options: UnsafePointer<actionclip_stream_options>!,
  _ stream_out: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
  boundary { () throws(Failure) in
    let loaded = try Handle.object(model, LoadedModel.self)
    let out = try required(stream_out, "stream_out")
    out.pointee = try Handle.make(Stream(loaded, streamOptions(options, loaded)))
  }
}

@_cdecl("actionclip_stream_free") @implementation
public func actionclip_stream_free(_ stream: OpaquePointer!) { Handle.release(stream, Stream.self) }

@_cdecl("actionclip_stream_push") @implementation
public func actionclip_stream_push(
  _ stream: OpaquePointer!, _ frame: UnsafePointer<actionclip_frame>!, _ timestamp_ns: Int64,
  _ outcome_out: UnsafeMutablePointer<Int32>!
) -> Int32 {
  longCall { () throws(Failure) in
    let stream = try Handle.object(stream, Stream.self)
    let outcome = try stream.push(at: timestamp_ns) { () throws(Failure) in
      try frameView(required(frame, "frame"), "frame")
    }
    outcome_out?.pointee =
      switch outcome {
      case .queued: ACTIONCLIP_PUSH_QUEUED
      case .notDue: ACTIONCLIP_PUSH_NOT_DUE
      case .replaced: ACTIONCLIP_PUSH_REPLACED
      case .dropped: ACTIONCLIP_PUSH_DROPPED
      case .full: ACTIONCLIP_PUSH_FULL
      }
  }
}

/// The caller's array of stream handles.
private struct StreamHandles {
  private let handles: UnsafePointer<OpaquePointer?>
  let count: Int

  /// Checks every handle.
  init(_ handles: UnsafePointer<OpaquePointer?>?, _ count: Int) throws(Failure) {
    self.handles = try required(handles, "streams")
    self.count = try ActionCLIPABI.count(count, "stream_count")
    for index in 0..<count { _ = try stream(index) }
  }

  func stream(_ index: Int) throws(Failure) -> Stream {
    do throws(Failure) { return try Handle.object(handles[index], Stream.self) } catch {
      throw error.about("streams[\(index)]")
    }
  }
}

@_cdecl("actionclip_stream_step") @implementation
public func actionclip_stream_step(
  _ streams: UnsafePointer<OpaquePointer?>!, _ stream_count: Int, _ max_frames: Int,
  _ encoded_out: UnsafeMutablePointer<Int>!
) -> Int32 {
  longCall { () throws(Failure) in
    let handles = try StreamHandles(streams, stream_count)
    // More than half of size_t's range arrives as a negative number.
    let limit = max_frames <= 0 ? Int.max : max_frames
    let encoded = try Stream.step(count: handles.count, limit: limit) { (index) throws(Failure) in
      try handles.stream(index)
    }
    encoded_out?.pointee = encoded
  }
}

@_cdecl("actionclip_stream_wait") @implementation
public func actionclip_stream_wait(
  _ streams: UnsafePointer<OpaquePointer?>!, _ stream_count: Int, _ reason: Int32, _ timeout_ns: Int64,
  _ ready_out: UnsafeMutablePointer<Int>!
) -> Int32 {
  longCall { () throws(Failure) in
    let handles = try StreamHandles(streams, stream_count)
    let out = try required(ready_out, "ready_out")
    let wanted: Stream.Reason
    switch reason {
    case ACTIONCLIP_WAIT_STEP: wanted = .step
    case ACTIONCLIP_WAIT_WINDOW: wanted = .window
    case ACTIONCLIP_WAIT_ROOM: wanted = .room
    default: throw .argument("reason is \(reason), expected ACTIONCLIP_WAIT_*")
    }
    out.pointee = try Stream.wait(for: wanted, count: handles.count, nanoseconds: timeout_ns) {
      (index) throws(Failure) in try handles.stream(index)
    }
  }
}

@_cdecl("actionclip_stream_next") @implementation
public func actionclip_stream_next(
  _ stream: OpaquePointer!, _ window_out: UnsafeMutablePointer<actionclip_window>!,
  _ embedding_out: UnsafeMutablePointer<Float>!, _ embedding_capacity: Int,
  _ found_out: UnsafeMutablePointer<Int32>!
) -> Int32 {
  boundary { () throws(Failure) in
    let stream = try Handle.object(stream, Stream.self)
    let window = try required(window_out, "window_out")
    try SizedStruct.checkSize(of: window, oldest: oldestWindow, "window_out")
    let embedding = try output(
      embedding_out, capacity: embedding_capacity, needed: stream.videoSize, "embedding_out")
    let found = try required(found_out, "found_out")
    switch try stream.next(embedding: embedding) {
    case .none: found.pointee = ACTIONCLIP_NEXT_NONE
    case .end: found.pointee = ACTIONCLIP_NEXT_END
    case .window(let taken):
      try SizedStruct.write(
        cWindow(taken, of: stream), to: window, oldest: oldestWindow, "window_out")
      found.pointee = ACTIONCLIP_NEXT_WINDOW
    }
  }
}

private func cWindow(_ window: StreamWindow, of stream: Stream) -> actionclip_window {
  var c = actionclip_window()
  if window.frames < stream.settings.frames { c.flags |= ACTIONCLIP_WINDOW_PARTIAL }
  if window.followsGap { c.flags |= ACTIONCLIP_WINDOW_DISCONTINUITY }
  if window.isTail { c.flags |= ACTIONCLIP_WINDOW_TAIL }
  c.sequence = window.sequence
  (c.start_ns, c.end_ns) = (window.start, window.end)
  (c.first_push, c.last_push) = (window.firstPush, window.lastPush)
  c.dropped_inside = window.dropped
  c.frame_count = Int32(clamping: window.frames)
  return c
}

@_cdecl("actionclip_stream_finish") @implementation
public func actionclip_stream_finish(_ stream: OpaquePointer!) -> Int32 {
  boundary { () throws(Failure) in try Handle.object(stream, Stream.self).finish() }
}

@_cdecl("actionclip_stream_reset") @implementation
public func actionclip_stream_reset(_ stream: OpaquePointer!) -> Int32 {
  boundary { () throws(Failure) in try Handle.object(stream, Stream.self).reset() }
}

@_cdecl("actionclip_stream_cancel") @implementation
public func actionclip_stream_cancel(_ stream: OpaquePointer!) -> Int32 {
  boundary { () throws(Failure) in try Handle.object(stream, Stream.self).cancel() }
}

@_cdecl("actionclip_stream_get_stats") @implementation
public func actionclip_stream_get_stats(
  _ stream: OpaquePointer!, _ stats_out: UnsafeMutablePointer<actionclip_stream_stats>!
) -> Int32 {
  boundary { () throws(Failure) in
    let statistics = try Handle.object(stream, Stream.self).statistics
    var c = actionclip_stream_stats()
    c.finished = statistics.isFinished ? 1 : 0
    c.pushed = statistics.pushed
    c.not_due = statistics.notDue
    c.refused = statistics.refused
    c.dropped = statistics.dropped
    c.encoded = statistics.encoded
    c.pending = statistics.pending
    c.windows = statistics.windows
    c.windows_waiting = statistics.waitingWindows
    c.gaps = statistics.gaps
    c.newest_ns = statistics.newest ?? Int64.min
    try SizedStruct.write(c, to: stats_out, oldest: oldestStats, "stats_out")
  }
}

@_cdecl("actionclip_stream_get_info") @implementation
public func actionclip_stream_get_info(
  _ stream: OpaquePointer!, _ info_out: UnsafeMutablePointer<actionclip_stream_info>!
) -> Int32 {
  boundary { () throws(Failure) in
    let stream = try Handle.object(stream, Stream.self)
    let settings = stream.settings
    var c = actionclip_stream_info()
    c.frames = Int32(clamping: settings.frames)
    switch settings.sampling {
    case .interval(let interval): c.frame_interval_ns = interval
    case .stride(let stride): c.frame_stride = Int32(clamping: stride)
    }
    c.hop = Int32(clamping: settings.hop)
    (c.gap_ns, c.max_age_ns) = (settings.gap, settings.maximumAge)
    c.warmup =
      switch settings.warmUp {
      case .wait: ACTIONCLIP_WARMUP_WAIT
      case .repeatFirst: ACTIONCLIP_WARMUP_REPEAT_FIRST
      case .partial: ACTIONCLIP_WARMUP_PARTIAL
      }
    c.overflow =
      switch settings.overflow {
      case .wait: ACTIONCLIP_OVERFLOW_WAIT
      case .dropOldest: ACTIONCLIP_OVERFLOW_DROP_OLDEST
      case .dropNewest: ACTIONCLIP_OVERFLOW_DROP_NEWEST
      case .latest: ACTIONCLIP_OVERFLOW_LATEST
      }
    c.queue_frames = Int32(clamping: settings.queueFrames)
    c.queue_windows = Int32(clamping: settings.queueWindows)
    c.frames_per_hop = Int32(clamping: stream.framesPerHop)
    c.interval_assumed = settings.samplingIsAssumed ? 1 : 0
    c.memory_bytes = Int64(stream.memory)
    c.mode = settings.isCausal ? ACTIONCLIP_STREAM_CAUSAL : ACTIONCLIP_STREAM_EXACT
    try SizedStruct.write(c, to: info_out, oldest: oldestInfo, "info_out")
  }
}
