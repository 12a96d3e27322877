// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel

/// What those who look after logs, and read them, ask.
extension HostAgent {
  /// The placements that may write into files; nil as long as nothing has changed since `version`.
  func logSubjects(since version: UInt64?) -> (version: UInt64, subjects: [LogSubject])? {
    guard core.version != version else { return nil }
    let subjects = core.memories.map(\.desired).filter { $0.spec.logs.target == .files }
      .map { LogSubject(instance: $0.instance, epoch: $0.epoch, settings: $0.spec.logs) }
    return (core.version, subjects)
  }

  func desired(_ epoch: Epoch) throws(APIError) -> DesiredPlacement {
    _ = try instance(of: epoch)
    guard let memory = core.memory(of: epoch) else {
      throw APIError(code: .notFound, message: "placement \(epoch) is not on host \(core.host)")
    }
    return memory.desired
  }

  /// Whether the placement is gone or will never run again.
  func isOver(_ epoch: Epoch) -> Bool { core.memory(of: epoch)?.phase.isFinal ?? true }
}
