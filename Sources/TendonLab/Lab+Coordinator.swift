// SPDX-License-Identifier: Apache-2.0

extension Lab {
  private var control: LabControl { LabControl(store: store) }

  /// SIGKILLs the coordinator.
  package func killCoordinator() async throws(LabError) {
    try await offPool { [control] () throws(LabError) in try control.killCoordinator() }
  }

  /// Starts the coordinator on the same data and returns when its port answers.
  package func startCoordinator() async throws(LabError) {
    try await offPool { [control] () throws(LabError) in
      try control.startCoordinator()
      try control.waitForCoordinator()
    }
  }

  package func freezeCoordinator() async throws(LabError) {
    try await offPool { [control] () throws(LabError) in
      try control.setCoordinatorFrozen(true)
    }
  }

  package func thawCoordinator() async throws(LabError) {
    try await offPool { [control] () throws(LabError) in
      try control.setCoordinatorFrozen(false)
    }
  }
}
