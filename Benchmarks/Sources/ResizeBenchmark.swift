// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonLabClient
import TendonModel

/// How long a resize of a running instance takes: the agent's own part on this machine, and the whole of it in
/// the lab, from the request's arrival at the coordinator to the kernel's confirmed values.
enum ResizeBenchmark {
  private static let resizes = 300
  private static let warmUps = 20
  /// With so many instances on the host, one knob ought to cost what it costs with one.
  private static let manyInstances = 2000

  /// What one answer tells, in milliseconds; the agent's in microseconds.
  private struct Times {
    var api: [Double] = []
    var client: [Double] = []
    var agent: [Double] = []
  }

  static func run() async throws -> [BenchResult] {
    let writing = try LimitsWriterBenchmark.run(instances: 1)
    let amongMany = try LimitsWriterBenchmark.run(instances: manyInstances)
    func perKnob(_ times: [Double]) -> [Double] {
      times.map { $0 / Double(LimitsWriterBenchmark.knobs) }
    }
    let times = try await BenchLab.with(hosts: 1) { try await measure($0) }
    func row(
      _ name: String, _ values: [Double], _ unit: String, _ target: BenchTarget? = nil
    ) -> BenchResult {
      BenchResult(
        group: "resize", name: name, value: values.median, unit: unit, n: values.count,
        target: target)
    }
    return [
      row("resize_agent_p50_us", writing, "us", .atMost(100)),
      row("resize_knob_us", perKnob(amongMany), "us", .atMost(20)),
      row("resize_knob_alone_us", perKnob(writing), "us", .atMost(20)),
      row("resize_api_p50_ms", times.api, "ms", .atMost(10)),
      row("resize_client_p50_ms", times.client, "ms"),
      row("resize_lab_agent_p50_us", times.agent, "us"),
    ]
  }

  private static func measure(_ cluster: LabCluster) async throws -> Times {
    let small = change(cpu: 500, mebibytes: 128)
    let large = change(cpu: 1000, mebibytes: 256)
    let service = try await BenchLab.apply(
      "resized", replicas: 1, resources: small.applied(to: Resources()), on: cluster)
    var times = Times()
    for index in 0..<warmUps + resizes {
      let request = ResizeRequest(change: index.isMultiple(of: 2) ? large : small)
      let start = ContinuousClock.now
      let answer = try await cluster.client.resize(service, request)
      let took = ContinuousClock.now - start
      guard let instance = answer.instances.first, let own = instance.microseconds,
        instance.knobs.allSatisfy(\.isInForce)
      else { throw BenchError("a resize was answered without the kernel's confirmation") }
      if index < warmUps { continue }
      times.api.append(Double(answer.microseconds) / 1000)
      times.client.append(took.milliseconds)
      times.agent.append(Double(own))
    }
    return times
  }

  private static func change(cpu: Int64, mebibytes: Int64) -> ResourcesChange {
    var change = ResourcesChange()
    change.cpuLimit = .value(MilliCPU(cpu))
    change.memoryLimit = .value(.mebibytes(mebibytes))
    return change
  }
}
