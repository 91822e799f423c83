// Pillow's ImageOps, to the last bit: changes of values by tables.

extension RGBPixels {
  func invert() { map { UInt8(255 - $0) } }

  /// Keeps the highest bits of each value, 1 to 8.
  func posterize(bits: Int) {
    let mask = UInt8(truncatingIfNeeded: 0xFF00 >> min(max(bits, 1), 8))
    map { UInt8(truncatingIfNeeded: $0) & mask }
  }

  /// Inverts values from `threshold` on.
  func solarize(_ threshold: Double) {
    map { Double($0) < threshold ? UInt8(truncatingIfNeeded: $0) : UInt8(255 - $0) }
  }

  /// Adds to all values, then inverts those from 128 on.
  func solarize(adding added: Int) {
    map {
      let value = UInt8(clamping: $0 + added)
      return value < 128 ? value : 255 - value
    }
  }

  /// Spreads each channel's values over 0 to 255.
  func stretchLevels() {
    changeByHistograms { histogram, table in
      let lowest = (0..<256).first { histogram[$0] > 0 } ?? 0
      let highest = (0..<256).last { histogram[$0] > 0 } ?? 0
      guard highest > lowest else { return }
      let scale = 255 / Double(highest - lowest)
      let offset = -Double(lowest) * scale
      for value in 0..<256 { table[value] = UInt8(max(0, min(Double(value) * scale + offset, 255))) }
    }
  }

  /// Changes each channel's values so that all are about as frequent.
  func equalize() {
    changeByHistograms { histogram, table in
      guard let last = (0..<256).last(where: { histogram[$0] > 0 }) else { return }
      var sum = 0
      for value in 0..<256 { sum += histogram[value] }
      let step = (sum - histogram[last]) / 255
      // A channel of one value, or of few pixels, stays as it is.
      guard step > 0 else { return }
      var passed = step / 2
      for value in 0..<256 {
        table[value] = UInt8(clamping: passed / step)
        passed += histogram[value]
      }
    }
  }

  /// Calls `change` with each channel's histogram and its table [256], which begins as the identity; then applies them.
  private func changeByHistograms(
    _ change: (_ histogram: UnsafePointer<Int>, _ table: UnsafeMutablePointer<UInt8>) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: Int.self, capacity: 768) { histograms in
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 768) { tables in
        // Temporary allocations of a fixed size above 0 have addresses.
        guard let histogram = histograms.baseAddress, let table = tables.baseAddress else { return }
        for place in 0..<768 { (histogram[place], table[place]) = (0, UInt8(place & 255)) }
        for pixel in 0..<count {
          let place = base + 3 * pixel
          for channel in 0..<3 { histogram[256 * channel + Int(place[channel])] += 1 }
        }
        for channel in 0..<3 { change(histogram + 256 * channel, table + 256 * channel) }
        apply(tables: table)
      }
    }
  }
}
