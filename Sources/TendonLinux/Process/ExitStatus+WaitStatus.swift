// SPDX-License-Identifier: Apache-2.0
import CLinux
package import TendonModel

extension ExitStatus {
  /// From the status word of wait(2).
  package init(waitStatus: Int32) {
    if tendon_wait_exited(waitStatus) {
      self = .exited(code: tendon_wait_exit_code(waitStatus))
    } else {
      self = .signaled(
        signal: tendon_wait_signal(waitStatus), coreDumped: tendon_wait_core_dumped(waitStatus))
    }
  }
}
