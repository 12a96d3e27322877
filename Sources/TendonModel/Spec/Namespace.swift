// SPDX-License-Identifier: Apache-2.0

/// A kind of namespace (namespaces(7)).
package enum Namespace: String, Hashable, Sendable, Codable, CaseIterable {
  case pid, mount, ipc, uts, cgroup, net
}
