import CSystem
import Glibc

/// What a process does to keep card data in its memory from leaking, and to have descriptors enough.
package enum Hardening {
  /// No core dump, no other process of the user looking into memory, and as many descriptors as the
  /// hard limit grants (a deep tree holds one a level). What the system refuses stays as it is.
  package static func apply() {
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    _ = unpan_forbid_dumps()
    var files = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 {
      files.rlim_cur = min(files.rlim_max, 4096)
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
    }
  }
}
