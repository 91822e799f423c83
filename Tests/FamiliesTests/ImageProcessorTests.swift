import System
import Testing
import Text
import Weights

@testable import Families

@Suite struct ImageProcessorTests {
  private func processor(_ text: String) throws -> ImageProcessorConfiguration {
    try Array(text.utf8).withUnsafeBytes { try ImageProcessorConfiguration($0) }
  }

  private func nested(_ text: String) throws -> ImageProcessorConfiguration? {
    try Array(text.utf8).withUnsafeBytes { try ImageProcessorConfiguration.inProcessor($0) }
  }

  @Test func readsWhatTransformersWrites() throws {
    let found = try #require(
      try nested(
        #"""
        {"image_processor":{"crop_size":{"height":32,"width":32},"do_center_crop":true,"do_convert_rgb":true,
        "do_normalize":true,"do_rescale":true,"do_resize":true,"image_mean":[0.5,0.5,0.5],
        "image_processor_type":"CLIPImageProcessor","image_std":[0.25,0.25,0.25],"resample":3,
        "rescale_factor":0.00392156862745098,"size":{"shortest_edge":36}},"processor_class":"CLIPProcessor"}
        """#))
    #expect(found.channels.mean == [0.5, 0.5, 0.5] && found.channels.std == [0.25, 0.25, 0.25])
    #expect(found.shortSide == 36 && found.cropSide == 32)
    #expect(try nested(#"{"processor_class":"CLIPProcessor"}"#) == nil)
    #expect(try nested(#"{"image_processor":null}"#) == nil)
  }

  @Test func readsOlderForms() throws {
    let found = try processor(
      #"""
      {"crop_size":224,"do_center_crop":true,"do_normalize":true,"do_resize":true,"resample":3,"size":224,
      "feature_extractor_type":"CLIPFeatureExtractor","image_mean":[0.1,0.2,0.3],"image_std":0.5}
      """#)
    #expect(found.shortSide == 224 && found.cropSide == 224)
    #expect(found.channels.mean == [0.1, 0.2, 0.3] && found.channels.std == [0.5, 0.5, 0.5])
    let both =
      #"{"image_processor_type":"CLIPImageProcessor","feature_extractor_type":"ViTFeatureExtractor"}"#
    #expect(try processor(both).channels.mean == [0.48145466, 0.4578275, 0.40821073])
    #expect(try processor("{}").cropSide == nil)
  }

  /// (v · factor - mean) / std for every byte v.
  @Test(
    arguments: [
      (#"{"do_normalize":false}"#, 1.0 / 255, 0.0, 1.0),
      (#"{"do_rescale":false,"image_mean":100,"image_std":50}"#, 1, 100, 50),
      (#"{"rescale_factor":0.0078125,"image_mean":1,"image_std":1}"#, 1.0 / 128, 1, 1),
      (#"{"do_rescale":false,"do_normalize":false}"#, 1, 0, 1),
    ] as [(String, Double, Double, Double)])
  func scalesByOtherNumbers(_ text: String, _ factor: Double, _ mean: Double, _ std: Double) throws {
    let (means, stds) = try processor(text).channels
    for byte in [0, 1, 127, 255] {
      let expected = (Double(byte) * factor - mean) / std
      let found = (Double(byte) / 255 - Double(means[0])) / Double(stds[0])
      #expect(abs(found - expected) <= 1e-5 * max(1, abs(expected)))
    }
  }

  @Test(arguments: [
    (#"{"resample":0}"#, "'resample': is 0 (nearest), expected 2 (bilinear) or 3 (bicubic)"),
    (#"{"resample":9}"#, "'resample': is 9, expected 2"),
    (#"{"do_resize":false}"#, "'do_resize': is false"),
    (#"{"do_center_crop":false}"#, "'do_center_crop': is false"),
    (#"{"do_pad":true}"#, "'do_pad': is true"),
    (#"{"size":{"height":32,"width":32}}"#, "squashed to a square"),
    (#"{"size":[32,32]}"#, "'size': is a height and a width"),
    (#"{"size":32,"default_to_square":true}"#, "'size' is 32 with 'default_to_square'"),
    (#"{"size":{"shortest_edge":32,"longest_edge":64}}"#, "'shortest_edge' and 'longest_edge'"),
    (#"{"size":{"max_pixels":32}}"#, "'size': has 'max_pixels'"),
    (#"{"crop_size":{"height":32,"width":16}}"#, "'crop_size': has 'height' 32, 'width' 16"),
    (#"{"use_square_size":true}"#, "'use_square_size': is true"),
    (#"{"rescale_factor":0}"#, "'rescale_factor': is 0"),
    (#"{"image_processor_type":"ViTImageProcessor"}"#, "'ViTImageProcessor', expected 'CLIPImageProcessor'"),
    (#"{"feature_extractor_type":"ChineseCLIPFeatureExtractor"}"#, "'ChineseCLIPFeatureExtractor'"),
    (#"{"rescale_offset":true}"#, "'rescale_offset': is no key of CLIPImageProcessor"),
    (#"{"auto_map":{"AutoImageProcessor":"mine.Mine"}}"#, "'auto_map'"),
  ])
  func refusesByNameWhatIsNotDone(_ text: String, _ what: String) {
    let error = #expect(throws: Failure.self) { _ = try processor(text) }
    #expect(error?.message.contains(what) == true, "\(error?.message ?? "")")
    #expect(throws: Failure.self) { _ = try nested(#"{"image_processor":"# + text + "}") }
  }

  @Test func passesWhatSaysNothing() throws {
    let found = try processor(
      #"""
      {"do_pad":false,"pad_size":{"height":9,"width":9},"anything":null,"another":false,"size":null,"crop_size":null,
      "data_format":"channels_first","_valid_processor_keys":["images"],"do_convert_rgb":false}
      """#)
    #expect(found.shortSide == nil && found.cropSide == nil)
  }
}
