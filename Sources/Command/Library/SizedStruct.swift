import CActionCLIP

/// A struct of the library that says its own size.
protocol SizedStruct {
  init()
  var struct_size: UInt32 { get set }
}
extension actionclip_report_info: SizedStruct {}
extension actionclip_trial_report: SizedStruct {}
extension actionclip_label_report: SizedStruct {}
extension actionclip_clip_report: SizedStruct {}
extension actionclip_confusion_report: SizedStruct {}
extension actionclip_tuner_info: SizedStruct {}
extension actionclip_tuner_result: SizedStruct {}

/// A struct that a call of the library fills.
func filled<Row: SizedStruct>(
  _ call: (UnsafeMutablePointer<Row>) -> Int32
) throws(LibraryError) -> Row {
  var row = Row()
  row.struct_size = UInt32(MemoryLayout<Row>.size)
  try check(call(&row))
  return row
}
