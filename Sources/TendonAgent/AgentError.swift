// SPDX-License-Identifier: Apache-2.0

package import TendonClient
package import TendonLinux
package import TendonSystemd

/// Why an agent cannot start or go on. Each is one message that says what to do.
package enum AgentError: Error, CustomStringConvertible {
  case notRoot
  case cgroup(CgroupError)
  case kernelFile(KernelFileError)
  case state(StateError)
  case systemd(SystemdError)
  case initProgram(InitError)
  case notifySocket(SocketError)
  case logWatch(ProcessError)
  /// The coordinator answered, and does not want this host.
  case refused(ClientError)
  case badName(String)
  case host(String)

  package var description: String {
    switch self {
    case .notRoot:
      "tendon-agent must run as root: it makes cgroups and starts instances as any user"
    case .cgroup(let error): error.description
    case .kernelFile(let error): error.description
    case .state(let error): error.description
    case .systemd(let error): error.description
    case .initProgram(let error): error.description
    case .notifySocket(let error): "the socket at which instances tell of themselves: \(error)"
    case .logWatch(let error):
      "instances' logs can't be watched: \(error); fs.inotify.max_user_instances may be too low"
    case .refused(let error): "the coordinator refuses this host: \(error)"
    case .badName(let text): text
    case .host(let text): text
    }
  }
}
