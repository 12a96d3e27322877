// SPDX-License-Identifier: Apache-2.0
import TendonModel
import Testing

@testable import tendon

@Suite("Waiting")
struct ReadinessTests {
  private func readiness(
    _ specs: [ServiceSpec], replacing: [InstanceID: Epoch] = [:], _ views: InstanceView...
  ) -> Readiness {
    var readiness = Readiness(specs, replacing: replacing)
    for view in views { readiness.take(.put(view)) }
    readiness.take(.synced(Revision(1)))
    return readiness
  }

  @Test("All replicas running is ready; before the list is whole nothing is.")
  func ready() throws {
    let spec = try Samples.spec("web", replicas: 1)
    var readiness = Readiness([spec])
    try readiness.take(.put(Samples.instance("web.0", state: .running)))
    #expect(!readiness.isReached)
    readiness.take(.synced(Revision(1)))
    #expect(readiness.isReached)
  }

  @Test("What is missing is named with its reason.")
  func missing() throws {
    let spec = try Samples.spec("web", replicas: 3)
    let state = try readiness(
      [spec], Samples.instance("web.0", state: .running),
      Samples.instance("web.1", state: .pending, message: "no host fits"),
      Samples.instance("web.3", state: .stopping), Samples.instance("web.4", state: .lost),
      Samples.instance("other.0", state: .failed))
    #expect(
      state.missing == [
        "web.1 is pending: no host fits", "web.2 is not placed yet",
        "web.3 is not wanted any more, and is still there",
      ])
  }

  @Test("One that runs and is not ready is waited for, with its reason.")
  func notReady() throws {
    var view = try Samples.instance(
      "web.0", state: .running, message: "not ready: HTTP status 503")
    view.status?.ready = false
    let spec = try Samples.spec("web", replicas: 1)
    #expect(
      readiness([spec], view).missing == ["web.0 is running: not ready: HTTP status 503"])
    view.status?.ready = true
    #expect(readiness([spec], view).isReached)
  }

  @Test("A later line replaces an earlier one.")
  func changes() throws {
    let spec = try Samples.spec("web", replicas: 1)
    var state = try readiness([spec], Samples.instance("web.0", state: .starting))
    #expect(!state.isReached)
    try state.take(.put(Samples.instance("web.0", state: .running)))
    #expect(state.isReached)
    state.take(.removed("web.0"))
    #expect(!state.isReached)
  }

  @Test("A job that ended well is done; one that failed, or is to run always, is not.")
  func jobs() throws {
    let job = try Samples.spec("job", replicas: 1, restart: .never)
    let done = try Samples.instance("job.0", state: .ended, exit: .exited(code: 0))
    #expect(readiness([job], done).isReached)
    let failed = try Samples.instance("job.0", state: .ended, exit: .exited(code: 1))
    #expect(!readiness([job], failed).isReached)
    #expect(try !readiness([Samples.spec("job", replicas: 1)], done).isReached)
  }

  @Test("The copy of the version before does not count.")
  func replaced() throws {
    let spec = try Samples.spec("web", replicas: 1)
    let old = [try InstanceID("web.0"): Epoch(4)]
    let before = try Samples.instance("web.0", state: .running, epoch: 4)
    #expect(
      readiness([spec], replacing: old, before).missing == ["web.0 still runs the version before"])
    let after = try Samples.instance("web.0", state: .running, epoch: 5)
    #expect(readiness([spec], replacing: old, after).isReached)
  }

  @Test("Deleted services are gone when none of their instances is left.")
  func remaining() throws {
    var remaining = Remaining(services: [try ServiceName("web")])
    try remaining.take(.put(Samples.instance("web.0", state: .stopping)))
    try remaining.take(.put(Samples.instance("other.0", state: .running)))
    remaining.take(.synced(Revision(1)))
    #expect(remaining.missing == ["web.0 is stopping"])
    remaining.take(.removed("web.0"))
    #expect(remaining.isReached)
  }
}
