import CActionCLIP
import CShims

@_cdecl("actionclip_abi_version") @implementation
public func actionclip_abi_version() -> Int32 { Int32(ACTIONCLIP_ABI_VERSION) }
