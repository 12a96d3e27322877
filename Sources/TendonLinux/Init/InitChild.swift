// SPDX-License-Identifier: Apache-2.0
package import TendonModel

/// The end of a process, kept by tendon-init until it is acknowledged.
package struct ExitRecord: Hashable, Sendable {
  package let epoch: Epoch
  /// The instance's name, as it was said when it was started.
  package let name: String
  package let identity: ProcessIdentity
  package let status: ExitStatus
  /// When it was reaped, microseconds after its end where tendon-init isn't held up.
  package let at: Timestamp
  /// The same on CLOCK_BOOTTIME, in nanoseconds since boot.
  package let atBootNanoseconds: Int64
}

/// What tendon-init has in its keeping.
package enum InitChild: Sendable {
  case running(epoch: Epoch, name: String, process: SpawnedProcess)
  /// Not acknowledged yet.
  case exited(ExitRecord)

  package var epoch: Epoch {
    switch self {
    case .running(let epoch, _, _): epoch
    case .exited(let exit): exit.epoch
    }
  }

  package var name: String {
    switch self {
    case .running(_, let name, _): name
    case .exited(let exit): exit.name
    }
  }

  package var identity: ProcessIdentity {
    switch self {
    case .running(_, _, let process): process.identity
    case .exited(let exit): exit.identity
    }
  }

  package var isRunning: Bool {
    if case .running = self { true } else { false }
  }
}

/// What tendon-init tells of its own accord.
package enum InitEvent: Sendable {
  case exited(ExitRecord)
  /// The last event. nil: the client was closed on this side, or tendon-init ended in order.
  case disconnected(InitError?)
}
