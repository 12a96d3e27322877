// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What an operator can set about the coordinator's decisions.
package struct CoordinatorSettings: Hashable, Sendable {
  package var detection = DetectionSettings()
  package var disruption = DisruptionSettings()
  package var placement = PlacementSettings()
  /// How often agents report over UDP. Default 250 ms. Raising it makes detection slower; lowering it costs
  /// datagrams: 4 a second per host.
  package var heartbeatInterval: Span = Span(milliseconds: 250)
  /// How long an acknowledged heartbeat lets fenced instances run. Default 5 s.
  package var lease: Span = .seconds(5)
  /// By how much the clocks of a host and of the coordinator may run apart. Default 0.01, far more than any that works
  /// does. Raising it makes replacements of fenced instances later.
  package var clockDrift = 0.01
  /// How long after its lease's end a host may take to kill what is fenced. Default 500 ms.
  package var fenceMargin: Duration = .milliseconds(500)
  /// The first delay before an instance that failed on its host is placed again; it doubles with each failure.
  package var replaceBackoff: Duration = .seconds(1)
  /// The longest such delay.
  package var replaceBackoffCap: Duration = .seconds(60)
  /// How many events are kept. Raising it costs memory: about 300 bytes each.
  package var keptEvents = 10_000

  package init() {}
}
