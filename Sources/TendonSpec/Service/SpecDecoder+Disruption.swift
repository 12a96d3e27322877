// SPDX-License-Identifier: Apache-2.0

import TendonModel

extension SpecDecoder {
  func budget() -> BudgetSettings? {
    // What is no mapping, and a share that is none, was reported with the shape's faults; of these nothing else can be
    // said.
    guard let written = node(SpecPath(["disruption"])), case .mapping = written.content,
      !faults.contains(where: { $0.path.steps.first == .key("disruption") })
    else { return nil }
    return BudgetSettings(
      maxUnavailable: share("max_unavailable"), minAvailable: share("min_available"))
  }

  private func share(_ key: String) -> ReplicaShare? {
    text("disruption", key).flatMap { text in
      Int(text).map(ReplicaShare.count) ?? ReplicaShare(percentage: text)
    }
  }
}
