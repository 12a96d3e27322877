// SPDX-License-Identifier: Apache-2.0
import TendonModel

enum Samples {
  static func spec(
    _ name: String, replicas: Int, restart: RestartPolicy = .always
  ) throws -> ServiceSpec {
    ServiceSpec(
      name: try ServiceName(name), command: ["/bin/web"], replicas: replicas, restart: restart)
  }

  static func instance(
    _ name: String, state: InstanceView.State, epoch: UInt64 = 1, pid: Int32? = 100,
    exit: ExitStatus? = nil, message: String = ""
  ) throws -> InstanceView {
    let id = try InstanceID(name)
    let at = Timestamp(millisecondsSinceEpoch: 1_700_000_000_123)
    let status = PlacementStatus(
      epoch: Epoch(epoch), instance: id, phase: .running, pid: pid, startedAt: at,
      ports: ["http": 30000],
      lastExit: exit.map { ExitReport(status: $0, at: at, outOfMemory: false) })
    return InstanceView(
      id: id, state: state, host: try HostID("host1"), address: "10.0.0.1", epoch: Epoch(epoch),
      resources: Resources(), status: status, cpuMilli: 250, memoryBytes: 12_900_000, placements: 1,
      message: message)
  }

  static func knob(_ name: String, isInForce: Bool, note: String? = nil) -> KnobReport {
    KnobReport(
      knob: name, requested: "limit 2", written: "2", readBack: isInForce ? "2\n" : "1\n",
      note: note,
      isInForce: isInForce)
  }
}
