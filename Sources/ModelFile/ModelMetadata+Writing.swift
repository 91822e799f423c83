import Model
import Numerics
import Weights

extension ModelMetadata {
  /// Everything as entries of a file's metadata, with the options and sizes of the model itself.
  func entries(for c: Configuration) -> [(key: String, value: String)] {
    var entries = [
      ("format", ModelMetadata.version), ("joint", c.joint ? "on" : "off"),
      ("temporal_shift", c.temporalShift ? "on" : "off"), ("head", c.head.name), ("frames", "\(c.frames)"),
    ]
    entries += ModelMetadata.sizes.map { ($0.key, "\($0.of(c))") }
    if !templates.isEmpty { entries.append(("templates", JSONStrings.text(of: templates))) }
    if !labels.isEmpty { entries.append(("labels", JSONStrings.text(of: labels))) }
    if let merges { entries.append(("merges", merges)) }
    entries += notes.map { ($0.key, $0.value) }
    return entries.map { (ModelMetadata.prefix + $0.0, $0.1) }
  }
}

extension ActionCLIP {
  /// Writes the model as one file, whole or not at all. `matrices` is how tensors of two and more
  /// dimensions are stored; with fp32 what is loaded again gives the same bits.
  public func save(
    to path: UnsafePointer<CChar>, metadata: ModelMetadata, matrices: TensorToWrite.Storage
  ) throws(WeightsError) {
    let tensors = parameters.map {
      TensorToWrite(name: $0.name, shape: $0.shape, storage: $0.shape.count >= 2 ? matrices : .fp32)
    }
    try SafetensorsWriter.write(
      to: path, metadata: metadata.entries(for: configuration), tensors: tensors
    ) { (index, write) throws(WeightsError) in
      let values: FloatBuffer
      do throws(ModelError) { values = try parameters[index].values() } catch {
        throw WeightsError(.outOfMemory, error.message)
      }
      defer { extendLifetime(values) }
      try write(UnsafeBufferPointer(values.buffer))
    }
  }
}
