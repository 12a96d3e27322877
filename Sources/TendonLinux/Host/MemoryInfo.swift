// SPDX-License-Identifier: Apache-2.0
import Glibc
package import TendonModel

/// The two lines of `/proc/meminfo` that matter here (proc(5)).
package struct MemoryInfo: Hashable, Sendable {
  package static let path = "/proc/meminfo"

  /// What the kernel can hand out at all.
  package let total: Bytes
  /// What it could hand out now without swapping.
  package let available: Bytes

  package init(parsing text: String) throws(KernelFileError) {
    total = try Self.value("MemTotal", in: text)
    available = try Self.value("MemAvailable", in: text)
  }

  package static func current() throws(KernelFileError) -> MemoryInfo {
    try MemoryInfo(parsing: KernelFile.required(path))
  }

  /// Swap that nobody uses right now; nothing on a host without swap.
  static func freeSwap() throws(KernelFileError) -> Bytes {
    try value("SwapFree", in: KernelFile.required(path))
  }

  private static func value(_ key: String, in text: String) throws(KernelFileError) -> Bytes {
    for line in text.split(separator: "\n") where line.hasPrefix(key + ":") {
      let words = line.dropFirst(key.count + 1).split(separator: " ")
      // "kB" has always meant 1,024 bytes here.
      guard words.count == 2, words[1] == "kB", let amount = Int64(words[0]), amount >= 0,
        amount <= Int64.max >> 10
      else { throw .notAsExpected(path, line, "an amount in kB") }
      return Bytes(amount << 10)
    }
    throw .notAsExpected(path, text, "a list with \(key)")
  }
}

extension KernelFile {
  /// The text of a file that every kernel has.
  static func required(_ path: String) throws(KernelFileError) -> String {
    guard let text = try read(path) else { throw .cannotRead(path: path, errno: ENOENT) }
    return text
  }
}
