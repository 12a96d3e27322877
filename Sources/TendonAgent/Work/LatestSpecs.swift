// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// The spec that each service's placements came with last. Each line from the coordinator has it anew; here they get to
/// share one, which is kept once and written into their records from one text.
struct LatestSpecs {
  /// More are seldom on one host; when there are, some are there twice.
  private static let most = 256

  private var specs: [ServiceName: Shared<ServiceSpec>] = [:]

  /// The placement with a spec that others have as well, where theirs is the same.
  mutating func shared(_ placement: DesiredPlacement) -> DesiredPlacement {
    let service = placement.instance.service
    if let known = specs[service], known == placement.$spec {
      var placement = placement
      placement.$spec = known
      return placement
    }
    if specs.count >= Self.most { specs = [:] }
    specs[service] = placement.$spec
    return placement
  }
}
