// SPDX-License-Identifier: Apache-2.0

/// What the demo saw; written as JSON.
struct DemoReport: Codable {
  /// Hosts brought up.
  var hosts = 0
  /// Instances running before anything was broken.
  var instances = 0
  /// The resize of the whole service: request sent to answer received, in milliseconds.
  var resizeMilliseconds = 0.0
  /// Whether pid and start time of every instance are the same after the resize.
  var pidsUnchanged = false
  /// Power loss to the coordinator's verdict, in milliseconds.
  var detectMilliseconds = 0.0
  /// Power loss to all replacements running, in milliseconds.
  var replaceMilliseconds = 0.0
  var agentKillPIDsUnchanged = false
  var coordinatorKillPIDsUnchanged = false

  enum CodingKeys: String, CodingKey {
    case hosts, instances
    case resizeMilliseconds = "resize_ms"
    case pidsUnchanged = "pids_unchanged"
    case detectMilliseconds = "detect_ms"
    case replaceMilliseconds = "replace_ms"
    case agentKillPIDsUnchanged = "agent_kill_pids_unchanged"
    case coordinatorKillPIDsUnchanged = "coordinator_kill_pids_unchanged"
  }

  /// Everything that was promised was seen.
  var isGood: Bool { pidsUnchanged && agentKillPIDsUnchanged && coordinatorKillPIDsUnchanged }
}
