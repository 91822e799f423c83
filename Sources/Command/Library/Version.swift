import CActionCLIP

/// The version the command was compiled against and the one it met at run time.
enum Version {
  static var compiled: String {
    "\(ACTIONCLIP_VERSION_MAJOR).\(ACTIONCLIP_VERSION_MINOR).\(ACTIONCLIP_VERSION_PATCH)"
  }

  static var library: String { String(cString: actionclip_version()) }

  static var description: String {
    "actionclip \(compiled), libactionclip \(library), ABI \(actionclip_abi_version())"
  }

  /// A library of another ABI would read our structures wrongly.
  static func requireMatchingLibrary() throws(CommandError) {
    let found = actionclip_abi_version()
    guard found == ACTIONCLIP_ABI_VERSION else {
      throw CommandError(
        "libactionclip has ABI \(found), this command needs \(ACTIONCLIP_ABI_VERSION): "
          + "install the two from one build")
    }
  }
}
