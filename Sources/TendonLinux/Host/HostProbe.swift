// SPDX-License-Identifier: Apache-2.0
import Glibc
package import TendonModel

/// What a host is made of.
package enum HostProbe {
  /// The CPUs that are switched on.
  package static var onlineCPUs: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// The running kernel's release: `6.1.0-18-amd64`.
  package static func kernelRelease() throws(KernelFileError) -> String {
    try KernelFile.required("/proc/sys/kernel/osrelease")
  }

  /// What instances may reserve: the host less what is kept for the system, never below zero.
  package static func capacity(
    reservingCPU cpu: MilliCPU, memory: Bytes
  ) throws(KernelFileError) -> HostCapacity {
    let total = HostCapacity(
      cpu: MilliCPU(Int64(onlineCPUs) * 1000), memory: try MemoryInfo.current().total)
    return HostCapacity(
      cpu: max(.zero, total.cpu - cpu), memory: max(.zero, total.memory - memory))
  }
}
