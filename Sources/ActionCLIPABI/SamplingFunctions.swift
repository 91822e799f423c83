import CActionCLIP
import System
import Preprocess

// The choice of frames.

@_cdecl("actionclip_sample_indices") @implementation
public func actionclip_sample_indices(
  _ frame_count: Int64, _ segments: Int32, _ indices_out: UnsafeMutablePointer<Int64>!,
  _ indices_capacity: Int
) -> Int32 {
  sample(frame_count, segments, ACTIONCLIP_SAMPLING_ACTIONCLIP, 0, indices_out, indices_capacity)
}

@_cdecl("actionclip_sample_indices_by") @implementation
public func actionclip_sample_indices_by(
  _ sampling: Int32, _ frame_count: Int64, _ frame_rate: Double, _ segments: Int32,
  _ indices_out: UnsafeMutablePointer<Int64>!, _ indices_capacity: Int
) -> Int32 {
  sample(frame_count, segments, sampling, frame_rate, indices_out, indices_capacity)
}

@_cdecl("actionclip_model_sampling") @implementation
public func actionclip_model_sampling(_ model: OpaquePointer!) -> Int32 {
  counting { () throws(Failure) in
    switch try Handle.object(model, LoadedModel.self).preset.sampling {
    case .reference: Int(ACTIONCLIP_SAMPLING_ACTIONCLIP)
    case .mmaction2: Int(ACTIONCLIP_SAMPLING_MMACTION2)
    case .openVCLIP: Int(ACTIONCLIP_SAMPLING_OPEN_VCLIP)
    }
  }
}

private func sample(
  _ frame_count: Int64, _ segments: Int32, _ sampling: Int32, _ frame_rate: Double,
  _ indices_out: UnsafeMutablePointer<Int64>?, _ indices_capacity: Int
) -> Int32 {
  boundary { () throws(Failure) in
    let choice: FrameChoice
    switch sampling {
    case ACTIONCLIP_SAMPLING_ACTIONCLIP: choice = .reference
    case ACTIONCLIP_SAMPLING_MMACTION2: choice = .mmaction2
    case ACTIONCLIP_SAMPLING_OPEN_VCLIP: choice = .openVCLIP
    default: throw .argument("sampling is \(sampling), expected ACTIONCLIP_SAMPLING_*")
    }
    let index: (Int) -> Int
    index = try frameSampling(
      frameCount: Int(frame_count), segments: Int(segments), by: choice, frameRate: frame_rate)
    let out = try output(
      indices_out, capacity: indices_capacity, needed: Int(segments), "indices_out")
    for segment in 0..<Int(segments) { out[segment] = Int64(index(segment)) }
  }
}
