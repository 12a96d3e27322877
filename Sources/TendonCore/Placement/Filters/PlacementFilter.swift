// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What keeps a service off a host whatever else is on it, for words and for what is no placement.
package enum PlacementFilter {
  /// What labels the host lacks; nothing that comes or goes with its load.
  package static func labelRefusals(
    of wanted: [String: String], by host: PlacementHost
  ) -> [String] {
    wanted.sorted { $0.key < $1.key }.compactMap { key, value in
      LabelTerm(key, .isOne(of: [value])).refusal(of: host.labels)
    }
  }

  /// What about a host itself keeps a service off it: its labels and taints. nil: nothing.
  package static func strangeness(of host: PlacementHost, for spec: ServiceSpec) -> String? {
    labelRefusals(of: spec.workload.hosts, by: host).first
      ?? spec.placement.constraints.lazy.compactMap { $0.refusal(of: host.labels) }.first
      ?? host.taints.first { $0.effect != .avoid && !spec.placement.tolerates($0) }.map {
        "has the taint \($0)"
      }
  }
}
