// SPDX-License-Identifier: Apache-2.0
import CSystemd
import Glibc

/// A transient scope unit whose cgroup systemd leaves to us: it enables the controllers down to it, and touches
/// nothing below it, through daemon-reload and daemon-reexec too.
///
/// It lives as long as it has processes; systemd removes an empty one by itself.
package struct DelegatedScope: Hashable, Sendable {
  /// Ends in `.scope`.
  package let name: String
  /// Ends in `.slice`. A dash in it would nest it.
  package let slice: String
  package let description: String
  /// The unit that a shutdown stops first: what would start the scope's processes again.
  package let manager: String

  /// The one that holds all of a host's instances.
  package static let instances = DelegatedScope(
    name: "tendon-instances.scope", slice: "tendon.slice", description: "Instances of Tendon",
    manager: "tendon-agent.service")

  /// Its cgroup below the mount point of cgroup v2.
  package var cgroup: String { "/\(slice)/\(name)" }

  /// How long systemd may take for it, and how long one that is on its way out is waited for.
  private static let patience = Duration.seconds(10)
  private static let pauseMicroseconds: UInt32 = 100_000

  /// Has systemd make it, with a process that does nothing as its first member, in the scope's own cgroup. Blocks
  /// for some milliseconds.
  /// - Returns: that process, to be ended once another one is in the scope.
  package func start() throws(SystemdError) -> Placeholder {
    let placeholder = try Placeholder.start()
    let deadline = ContinuousClock.now + Self.patience
    while true {
      let (code, words) = request(placeholder.pid)
      if code == 0 { return placeholder }
      guard code == -EEXIST, ContinuousClock.now < deadline else {
        placeholder.end()
        throw .scope(name: name, reason: words)
      }
      // Its last process ended, and systemd has not removed it yet.
      usleep(Self.pauseMicroseconds)
    }
  }

  private func request(_ pid: Int32) -> (code: Int32, words: String) {
    var words = [CChar](repeating: 0, count: 512)
    let microseconds = UInt64(Self.patience.components.seconds) * 1_000_000
    let code = tendon_systemd_start_scope(
      name, slice, description, manager, pid, microseconds, &words, words.count)
    let bytes = words.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return (code, String(decoding: bytes, as: UTF8.self))
  }

  /// A process that does nothing but be there. It ends with us at the latest.
  package struct Placeholder: Hashable, Sendable {
    package let pid: Int32

    static func start() throws(SystemdError) -> Placeholder {
      let pid = tendon_systemd_placeholder()
      guard pid > 0 else { throw .placeholder(errno: -pid) }
      return Placeholder(pid: pid)
    }

    /// Kills and reaps it; once.
    package func end() { tendon_systemd_placeholder_end(pid) }
  }
}
