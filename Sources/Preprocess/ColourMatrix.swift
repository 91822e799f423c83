internal import CResample

/// The matrix that turns brightness and colour differences (Y, U, V) into RGB.
public enum ColourMatrix: Sendable, BitwiseCopyable, CaseIterable {
  case bt601, bt709, bt2020

  /// The matrix assumed where a frame does not state one: BT.601 up to 576 rows, else BT.709. BT.2020 is never guessed.
  public static func assumed(height: Int) -> ColourMatrix { height <= 576 ? .bt601 : .bt709 }
}

/// The numbers that stand for black and white: 16 and 235, or 0 and 255.
public enum ColourRange: Sendable, BitwiseCopyable, CaseIterable {
  case limited, full
}

extension cresample_matrix {
  /// Factors are those of the standards times 2^20, rounded, but for BT.601 of limited range: OpenCV's, which are up to
  /// 0.7 of a level away, so that results equal cvtColor's. All others are at most 0.5002 of a level away.
  init(_ matrix: ColourMatrix, _ range: ColourRange) {
    let factors: (luma: Int32, vRed: Int32, uGreen: Int32, vGreen: Int32, uBlue: Int32) =
      switch (matrix, range) {
      case (.bt601, .limited): (1_220_542, 1_673_527, -409_993, -852_492, 2_116_026)
      case (.bt601, .full): (1_048_576, 1_470_104, -360_853, -748_826, 1_858_077)
      case (.bt709, .limited): (1_220_945, 1_879_825, -223_607, -558_796, 2_215_014)
      case (.bt709, .full): (1_048_576, 1_651_297, -196_424, -490_864, 1_945_738)
      case (.bt2020, .limited): (1_220_945, 1_760_217, -196_426, -682_019, 2_245_811)
      case (.bt2020, .full): (1_048_576, 1_546_230, -172_546, -599_107, 1_972_791)
      }
    self.init(
      black: range == .limited ? 16 : 0, luma: factors.luma, v_red: factors.vRed, u_green: factors.uGreen,
      v_green: factors.vGreen, u_blue: factors.uBlue)
  }
}
