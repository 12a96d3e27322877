// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonCore
@testable import TendonModel

@Suite struct CrashMovesTests {
  private let moves = CrashMoves(DisruptionSettings())
  private let host1 = ClusterFixture.host("host1")
  private let instance = InstanceID(service: ClusterFixture.service("web"), slot: 0)

  private func at(_ seconds: Int64) -> Timestamp {
    Timestamp(millisecondsSinceEpoch: seconds * 1000)
  }

  private func status(
    _ phase: PlacementPhase = .waiting, crashLoop: Int? = nil, startedAt: Timestamp? = nil
  ) -> PlacementStatus {
    PlacementStatus(
      epoch: Epoch(1), instance: instance, phase: phase, startedAt: startedAt, crashLoop: crashLoop,
      message: "could not be started: chdir")
  }

  @Test("The eighth end in a row is the first that speaks against the host.")
  func ends() {
    var failures: [SlotTroubles.HostFailure] = []
    #expect(!moves.note(status(crashLoop: 7), before: nil, on: host1, in: &failures, at: at(0)))
    #expect(failures.isEmpty)
    #expect(moves.note(status(crashLoop: 8), before: nil, on: host1, in: &failures, at: at(1)))
    #expect(moves.failingHosts(failures, at: at(1)) == [host1])
    // It goes on: noted again only now and then, and not as news.
    #expect(!moves.note(status(crashLoop: 9), before: nil, on: host1, in: &failures, at: at(60)))
    #expect(failures.first?.at == at(1))
    #expect(!moves.note(status(crashLoop: 10), before: nil, on: host1, in: &failures, at: at(61)))
    #expect(failures.first?.at == at(61))
  }

  @Test(
    "The second start that fails for good speaks against it; what a reboot or a lease ended does not."
  )
  func starts() {
    var failures: [SlotTroubles.HostFailure] = []
    let failed = status(.failed)
    let lost = status(.failed, startedAt: at(0))
    #expect(!moves.note(lost, before: nil, on: host1, in: &failures, at: at(1)))
    #expect(!moves.note(lost, before: nil, on: host1, in: &failures, at: at(2)))
    #expect(failures.isEmpty)
    #expect(!moves.note(failed, before: nil, on: host1, in: &failures, at: at(3)))
    #expect(!moves.note(failed, before: failed, on: host1, in: &failures, at: at(4)), "told again")
    #expect(moves.failingHosts(failures, at: at(4)).isEmpty)
    #expect(moves.note(failed, before: nil, on: host1, in: &failures, at: at(5)))
    #expect(moves.failingHosts(failures, at: at(5)) == [host1])
  }

  @Test("An hour later it is forgotten.")
  func memory() {
    var failures: [SlotTroubles.HostFailure] = []
    _ = moves.note(status(crashLoop: 8), before: nil, on: host1, in: &failures, at: at(0))
    #expect(moves.failingHosts(failures, at: at(3600)) == [host1])
    #expect(moves.failingHosts(failures, at: at(3601)).isEmpty)
  }

  @Test(
    "It leaves hosts that fail it until there were three, or none is left; one that runs again stays."
  )
  func verdicts() {
    func failures(_ count: Int) -> [SlotTroubles.HostFailure] {
      (1...count).map {
        SlotTroubles.HostFailure(
          host: ClusterFixture.host("host\($0)"), at: at(0), failedStarts: 0, isProven: true,
          reason: "exited with status 3")
      }
    }
    func verdict(_ crashLoop: Int?, _ count: Int, canGo: Bool = true) -> CrashMoves.Verdict {
      moves.verdict(
        status(crashLoop: crashLoop), on: host1, failures(count), at: at(10), canGo: { canGo })
    }
    #expect(verdict(8, 1) == .leave && verdict(20, 2) == .leave)
    #expect(verdict(8, 3) == .failsEverywhere)
    #expect(verdict(8, 1, canGo: false) == .failsEverywhere)
    #expect(verdict(nil, 1) == .fine && verdict(7, 1) == .fine)
    #expect(
      moves.verdict(status(crashLoop: 8), on: host1, [], at: at(10), canGo: { true }) == .fine)
  }

  @Test("With crash-ends=0 hosts are never to blame.")
  func off() {
    var settings = DisruptionSettings()
    settings.crashEnds = 0
    var failures: [SlotTroubles.HostFailure] = []
    #expect(
      !CrashMoves(settings).note(
        status(crashLoop: 100), before: nil, on: host1, in: &failures, at: at(1)))
    #expect(failures.isEmpty)
  }
}
