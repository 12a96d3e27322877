// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel
import Testing

@Suite struct ProbeMachineTests {
  /// One attempt's outcome and the verdict that is news after it.
  enum Step: Sendable {
    case ok
    case bad
    case okThenPassing
    case badThenFailing
  }

  @Test(
    "A verdict changes after so many outcomes in a row, and is told once.",
    arguments: [
      (1, 1, [.okThenPassing, .ok, .badThenFailing, .bad, .okThenPassing]),
      (3, 1, [.bad, .bad, .okThenPassing, .bad, .bad, .ok, .bad, .bad, .badThenFailing, .bad]),
      (2, 3, [.ok, .ok, .bad, .ok, .ok, .okThenPassing, .bad, .badThenFailing, .ok, .ok]),
      (2, 2, [.bad, .badThenFailing, .ok, .bad, .ok, .okThenPassing, .ok]),
    ] as [(Int, Int, [Step])])
  func table(failures: Int, successes: Int, steps: [Step]) {
    var machine = ProbeMachine(
      .readiness, Probe(command: ["x"], failures: failures, successes: successes))
    for (index, step) in steps.enumerated() {
      switch step {
      case .ok: #expect(machine.took(.success) == nil, "step \(index)")
      case .bad: #expect(machine.took(.failure("no")) == nil, "step \(index)")
      case .okThenPassing: #expect(machine.took(.success) == .passing, "step \(index)")
      case .badThenFailing:
        #expect(machine.took(.failure("no"))?.isFailing == true, "step \(index)")
      }
    }
  }

  @Test("One that goes on failing is news when it fails in another way.")
  func otherReason() {
    var machine = ProbeMachine(.readiness, Probe(command: ["x"], failures: 1))
    #expect(machine.took(.failure("refused"))?.isFailing == true)
    #expect(machine.took(.failure("refused")) == nil)
    #expect(
      machine.took(.failure("status 503"))
        == .failing("its readiness probe failed: status 503"))
  }

  @Test("The reason of a failing verdict says which probe, how often, and what was last seen.")
  func reason() {
    var machine = ProbeMachine(.liveness, Probe(command: ["x"]))
    _ = machine.took(.failure("status 500"))
    _ = machine.took(.failure("status 502"))
    #expect(
      machine.took(.failure("status 503"))
        == .failing("its liveness probe failed 3 times in a row: status 503"))
  }
}
