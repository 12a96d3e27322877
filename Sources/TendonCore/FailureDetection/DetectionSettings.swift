// SPDX-License-Identifier: Apache-2.0

/// How silence is judged. `docs/failure-detection.md` derives the defaults; `--detection KEY=VALUE` sets them.
package struct DetectionSettings: Hashable, Sendable {
  // MARK: When a host is late

  /// How many of the newest heartbeats the expected arrival, the jitter and the loss are taken from. Default 64: 16 s.
  /// Raising it makes the estimates steadier and slower to follow a change.
  package var window = 64
  /// The least margin after the expected arrival. Default 150 ms. Raising it delays every detection by as much;
  /// lowering it sends more pings to hosts that are only late.
  package var marginFloor: Duration = .milliseconds(150)
  /// How many mean deviations of the arrivals the margin is. Default 4, as in RFC 6298.
  package var jitterFactor = 4
  /// How likely a living host may be to miss as many beats as make it late. Default 0.001: at 10 % loss three beats
  /// have to be missing. Raising it makes hosts late by chance more often, lowering it delays detection where there
  /// is loss.
  package var lateChance = 0.001
  /// The longest silence before a host is late, whatever jitter and loss were seen. Default 1 s. Raising it delays
  /// detection where there is loss.
  package var suspectAfter: Duration = .seconds(1)

  // MARK: Asking

  /// How long a late host is pinged before it is suspect and others are asked. Default 100 ms: one ping's time, so
  /// that a single lost heartbeat is no event.
  package var lateGrace: Duration = .milliseconds(100)
  /// The time between two tries to reach a silent host. Default 100 ms. Raising it delays detection.
  package var probeInterval: Duration = .milliseconds(100)
  /// The same while something answers: others reach it, or its kernel does. Default 500 ms.
  package var slowProbeInterval: Duration = .milliseconds(500)
  /// How long an answer may take before it counts as missing; jitter and the round trip come on top. Default 100 ms.
  package var answerTime: Duration = .milliseconds(100)
  /// How many other hosts each try asks. Default 3.
  package var probePeers = 3
  /// Whether kernels are asked by TCP. Default true. To be switched off where something else than the host would
  /// answer at its address: a proxy, or a gateway that many hosts share.
  package var kernelProbes = true
  /// How often the kernel of a host that is heard is asked, to know whether it would answer. Default 60 s.
  package var kernelCheckInterval: Duration = .seconds(60)
  /// The most hosts that one tick tries. Default 128: with 20 ticks a second some 10,000 datagrams a second.
  package var mostProbesPerTick = 128

  // MARK: Down

  /// How likely all that is missing may be for a host that lives. Default 1e-9. Raising it detects sooner and errs
  /// more often.
  package var falseDownChance = 1e-9
  /// The loss that is assumed where less was seen. Default 0.05: no network is believed to be perfect.
  package var lossFloor = 0.05
  /// The least time between suspect and down. Default 400 ms, so that a short break of the network is no death.
  package var confirmAfter: Duration = .milliseconds(400)
  /// Silence after which a host is given up where no other host can be asked, or its kernel is hidden by a firewall.
  /// Default 2 s: an agent that is stopped for a second looks just like a dead host there.
  package var downAfter: Duration = .seconds(2)
  /// How long a host whose kernel lives is waited for: its agent ended, or hangs, and its instances run on. Default
  /// 30 s. Raising it delays replacements where an agent cannot be started again.
  package var agentRestartPatience: Duration = .seconds(30)
  /// How long a host that others reach, and the coordinator does not, stays suspect. Default 10 min: its instances run
  /// and serve. Raising it keeps such a host longer from being replaced.
  package var pathPatience: Duration = .seconds(600)
  /// How long an agent that said goodbye may be away without alarm. Default 60 s.
  package var goodbyePatience: Duration = .seconds(60)
  /// What a coordinator that has just started grants every host before it gives one up. Default 5 s: one lease.
  package var startGrace: Duration = .seconds(5)

  // MARK: Self-doubt

  /// A gap above this between two looks at the socket or at the clock means that the coordinator itself was stopped or
  /// late: nobody's silence in it counts. Default 300 ms.
  package var pauseThreshold: Duration = .milliseconds(300)
  /// How long nobody is given up after such a gap. Default 1 s.
  package var doubtHold: Duration = .seconds(1)
  /// How many hosts have to be quiet at once, and more than which part of all that were heard, before the coordinator
  /// takes itself for the one that is cut off. Default 3, and a third.
  package var massQuiet = 3
  package var massQuietPart = 1.0 / 3
  /// How long a host counts as quiet after it was given up. Default 10 s.
  package var quietWindow: Duration = .seconds(10)
  /// Silence after which a host is given up while the coordinator doubts itself and no other host confirms. Default
  /// 10 s.
  package var doubtPatience: Duration = .seconds(10)

  package init() {}
}
