// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The size of a page of memory on this machine.
enum PageSize {
  static let bytes = Int64(sysconf(Int32(_SC_PAGESIZE)))

  /// `bytes` cut to whole pages, as the kernel cuts memory limits.
  static func floor(_ bytes: Int64) -> Int64 { bytes - bytes % Self.bytes }
}
