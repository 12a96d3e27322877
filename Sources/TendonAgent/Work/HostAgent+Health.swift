// SPDX-License-Identifier: Apache-2.0

import Logging
import TendonCore
import TendonLinux
import TendonModel

/// What heartbeats tell.
extension HostAgent {
  /// How many cgroups are read for one beat.
  private static var readsPerBeat: Int { 10 }

  func heartbeatInput() async -> HeartbeatInput {
    let running = core.glances.filter(\.isRunning).map(\.epoch)
    let paths = samples.nextToRead(of: running, limit: Self.readsPerBeat).compactMap { epoch in
      core.memory(of: epoch).map { (epoch, work.path(of: $0.desired)) }
    }
    let sampler = hostSampler
    let (usage, after, readings, fault) = await blocking.run { sample(sampler, paths) }
    hostSampler = after
    if let usage { hostUsage = usage }
    noteSamplingFault(fault)
    for (epoch, usage, time) in readings { samples.note(usage, of: epoch, at: time) }
    return HeartbeatInput(
      usage: hostUsage, instances: samples.readings(of: core.glances),
      appliedRevision: core.appliedRevision)
  }

  /// Said once, not four times a second.
  private func noteSamplingFault(_ fault: KernelFileError?) {
    if let fault, samplingFault == nil { log.warning("use cannot be measured: \(fault)") }
    samplingFault = fault
  }
}

private typealias Sampled = (
  usage: HostUsage?, sampler: HostUsageSampler,
  readings: [(Epoch, CgroupUsage, MonotonicTime)], fault: KernelFileError?
)

/// Reads the host's and some instances' use. Blocks for some ten microseconds each.
private func sample(_ before: HostUsageSampler, _ paths: [(Epoch, String)]) -> Sampled {
  var sampler = before
  var readings: [(Epoch, CgroupUsage, MonotonicTime)] = []
  var usage: HostUsage?
  do {
    usage = try sampler.sample()
    for (epoch, path) in paths {
      // Gone in between: the placement ends.
      guard let usage = try CgroupUsage.read(path) else { continue }
      readings.append((epoch, usage, HostClock.bootTime))
    }
    return (usage, sampler, readings, nil)
  } catch {
    return (usage, sampler, readings, error)
  }
}
