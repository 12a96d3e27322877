// SPDX-License-Identifier: Apache-2.0
import TendonCore
import TendonModel

/// What operators say of hosts.
extension Coordinator {
  nonisolated func cordon(
    _ host: HostID, _ request: CordonRequest
  ) async throws(APIError) -> ChangeResponse {
    try await change { (core, now) throws(APIError) in
      try core.cordon(host, request, now: now)
    }
  }

  nonisolated func uncordon(_ host: HostID) async throws(APIError) -> ChangeResponse {
    try await change { (core, now) throws(APIError) in try core.uncordon(host, now: now) }
  }

  nonisolated func drain(
    _ host: HostID, _ request: DrainRequest
  ) async throws(APIError) -> ChangeResponse {
    try await change { (core, now) throws(APIError) in try core.drain(host, request, now: now) }
  }

  func rebalancePlan() -> RebalanceView { visible.rebalancePlan() }

  nonisolated func rebalance() async throws(APIError) -> RebalanceView {
    try await perform { (core, now) throws(APIError) in try core.rebalance(now: now) }.value
  }

  nonisolated func taint(
    _ host: HostID, _ request: TaintRequest
  ) async throws(APIError) -> ChangeResponse {
    try await change { (core, now) throws(APIError) in try core.taint(host, request, now: now) }
  }

  nonisolated func confirmDown(_ host: HostID) async throws(APIError) -> ChangeResponse {
    try await change { (core, now) throws(APIError) in try core.confirmDown(host, now: now) }
  }
}
