import Glibc

/// The reason that an errno stands for, in English words. The C library's words (`strerror`) depend on the host's
/// locale.
public func systemReason(_ code: CInt) -> String {
  switch code {
  case ENOENT: "no such file"
  case ENOTDIR: "a part of the path is not a directory"
  case EISDIR: "it is a directory"
  case EACCES, EPERM: "permission denied"
  case ELOOP: "too many symbolic links"
  case ENAMETOOLONG: "the path is too long"
  case EMFILE: "this process has too many open files"
  case ENFILE: "the system has too many open files"
  case ENXIO: "it is a socket or a device that is not there"
  case ENOMEM: "the system has no memory"
  case EIO: "input/output error"
  case ENOSPC: "no space is left on the device"
  case EDQUOT: "the disk quota is used up"
  case EROFS: "the file system is read-only"
  case EFBIG: "the file system takes no file of this size"
  default: "errno \(code)"
  }
}
