// SPDX-License-Identifier: Apache-2.0
import CLinux

/// Which of this machine's processors a host runs on.
///
/// A User Mode Linux host has one processor, but is two processes of this machine that take turns at every system
/// call of its programs. On different processors each turn waits for the other one to wake from idle, which on a
/// quiet machine costs more than all else; on the same one it is an ordinary switch.
enum ProcessorChoice {
  /// Hosts are dealt out over the processors that this process may use; nil where the kernel does not tell them,
  /// and then every host goes where the kernel puts it.
  static func processor(forHost number: Int) -> Int? {
    var processors = [Int32](repeating: 0, count: 1024)
    let count = Int(tendon_lab_processors(&processors, Int32(processors.count)))
    return count > 0 ? Int(processors[number % count]) : nil
  }
}
