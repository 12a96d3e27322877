// SPDX-License-Identifier: Apache-2.0
import TendonCore
import TendonLinux
import TendonModel
import TendonSpec

/// Jobs and crons.
extension Coordinator {
  nonisolated func run(_ name: ServiceName) async throws(APIError) -> ChangeResponse {
    try await change { (core, now) throws(APIError) in try core.run(name, now: now) }
  }

  /// What could be read of some time zones, and why the others could not.
  struct TimeZones: Sendable {
    var known: [String: TimeZoneRules] = [:]
    var unknown: [TimeZoneError] = []
  }

  /// Reads time zones of this machine, off the cooperative pool.
  /// - Throws: `unavailable` when there can be no further thread.
  static func timeZones(_ names: Set<String>) async throws(APIError) -> TimeZones {
    let names = names.subtracting(["UTC"])
    if names.isEmpty { return TimeZones() }
    do throws(ProcessError) {
      return try await BlockingThread.run {
        var zones = TimeZones()
        for name in names.sorted() {
          do throws(TimeZoneError) {
            zones.known[name] = try TimeZoneFolder.system.rules(of: name)
          } catch {
            zones.unknown.append(error)
          }
        }
        return zones
      }
    } catch {
      throw APIError(code: .unavailable, message: "the time zones could not be read: \(error)")
    }
  }
}
