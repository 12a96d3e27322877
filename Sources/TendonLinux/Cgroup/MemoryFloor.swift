// SPDX-License-Identifier: Apache-2.0
import TendonModel

/// What of a cgroup's memory can't be taken from it: the least limit under which the kernel would not kill.
struct MemoryFloor: Hashable {
  /// `memory.current`.
  var current: UInt64
  /// `active_file` and `inactive_file` of `memory.stat`: can be dropped or written back.
  var fileCache: UInt64
  /// `anon` of `memory.stat`: can go to swap, as far as there is some.
  var anonymous: UInt64
  /// What the cgroup may still swap out.
  var swapFree: UInt64

  /// floor = current - (active_file + inactive_file) - min(swap_free, anon).
  var bytes: UInt64 {
    let takable = fileCache + min(swapFree, anonymous)
    return current > takable ? current - takable : 0
  }

  /// How it comes about, in words.
  var explanation: String {
    "\(ShortText.bytes(current)) in use, of which \(ShortText.bytes(fileCache)) are file cache and "
      + "\(ShortText.bytes(min(swapFree, anonymous))) could be swapped out"
  }

  /// - Returns: nil where the kernel does not tell.
  static func read(_ leaf: String) throws(KernelFileError) -> MemoryFloor? {
    let path = leaf + "/memory.stat"
    guard let current = try MemoryController.number("memory.current", at: leaf),
      let text = try KernelFile.read(path)
    else { return nil }
    let values = try KeyedText.flat(text, path: path)
    func value(_ key: Substring) throws(KernelFileError) -> UInt64 {
      try KeyedText.value(key, of: values, path: path)
    }
    return MemoryFloor(
      current: current, fileCache: try value("active_file") + value("inactive_file"),
      anonymous: try value("anon"), swapFree: try swapFree(leaf))
  }

  /// The host's free swap, as far as `memory.swap.max` lets the cgroup have it.
  private static func swapFree(_ leaf: String) throws(KernelFileError) -> UInt64 {
    let free = UInt64(clamping: try MemoryInfo.freeSwap().rawValue)
    guard let text = try KernelFile.read(leaf + "/memory.swap.max") else { return 0 }
    guard let limit = UInt64(text) else { return free }
    let used = try MemoryController.number("memory.swap.current", at: leaf) ?? 0
    return min(free, limit > used ? limit - used : 0)
  }
}
