// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel
import Testing

@Suite("The plan for one slot of a job")
struct JobPlanTests {
  private func copy(
    _ epoch: UInt64, _ state: JobPlan.State, down: Bool = false
  ) -> JobPlan.Copy {
    JobPlan.Copy(epoch: Epoch(epoch), isLost: down, state: state)
  }

  @Test("An empty slot gets a copy; one with a copy on a living host gets none.")
  func places() {
    #expect(JobPlan.actions(copies: [], isDone: false) == [.place(because: .new)])
    for state in [JobPlan.State.unknown, .starting, .running] {
      #expect(JobPlan.actions(copies: [copy(1, state)], isDone: false).isEmpty)
    }
  }

  @Test("What is lost or has failed is tried again; the newest failed try is left to be looked at.")
  func again() {
    #expect(
      JobPlan.actions(copies: [copy(1, .running, down: true)], isDone: false)
        == [.place(because: .hostDown)])
    #expect(
      JobPlan.actions(copies: [copy(1, .failed), copy(2, .failed)], isDone: false)
        == [.stop(Epoch(1), by: Epoch(2)), .place(because: .failed)])
  }

  @Test("Once a newer copy runs, all others stop.")
  func supersedes() {
    let copies = [copy(1, .running, down: true), copy(2, .failed), copy(3, .running)]
    #expect(
      JobPlan.actions(copies: copies, isDone: false)
        == [.stop(Epoch(1), by: Epoch(3)), .stop(Epoch(2), by: Epoch(3))])
  }

  @Test("Nothing is placed for what is done; what still runs of it stops, what ended stays.")
  func done() {
    let copies = [
      copy(1, .running), copy(2, .succeeded), copy(3, .unknown), copy(4, .failed),
    ]
    #expect(JobPlan.actions(copies: copies, isDone: true) == [.stop(Epoch(1), by: nil)])
    #expect(JobPlan.actions(copies: [], isDone: true).isEmpty)
  }
}
