import CActionCLIP
print(actionclip_abi_version())
