// SPDX-License-Identifier: Apache-2.0
import TendonModel

/// What became of the question whether the tendon-init that runs is the one on disk.
package enum InitUpgrade: Hashable, Sendable, CustomStringConvertible {
  case notNeeded
  /// The same process, another program.
  case done(from: String, to: String)
  /// The old one goes on.
  case failed(InitError)

  package var description: String {
    switch self {
    case .notNeeded: "tendon-init is up to date"
    case .done(let from, let to): "tendon-init upgraded in place, build \(from) to \(to)"
    case .failed(let error): "tendon-init was not upgraded and goes on as it is: \(error)"
    }
  }
}

extension InitLauncher {
  /// What the program on disk was built from, by its `--check`.
  package func build() async throws(InitError) -> String {
    let launcher = self
    let result: Result<(text: String, status: ExitStatus), InitError>
    do {
      result = try await BlockingThread.run {
        Result { () throws(InitError) in try launcher.runBlocking(["--check"], in: nil) }
      }
    } catch {
      throw .system(call: error.call, errno: error.errno)
    }
    let (text, status) = try result.get()
    guard status.isSuccess, !text.isEmpty else {
      throw .launch(text: text.isEmpty ? status.description : text)
    }
    return text
  }

  /// Makes the tendon-init that runs the one on disk, where it is another. Meant for an agent's start, before
  /// anything is asked of it.
  /// - Returns: a client of the one that runs now; the given one is closed when that is another.
  /// - Throws: when there is none to be connected to afterwards.
  package func upgraded(
    _ client: InitClient
  ) async throws(InitError) -> (client: InitClient, InitUpgrade) {
    let before = client.greeting.build
    do {
      let wanted = try await build()
      guard wanted != before else { return (client, .notNeeded) }
      try await client.upgrade(to: executable)
    } catch .disconnected {
      // Whether it came about is in the next greeting.
    } catch {
      return (client, .failed(error))
    }
    client.close()
    let next = try await connect().client
    guard next.greeting.build != before else { return (next, .failed(.disconnected)) }
    return (next, .done(from: before, to: next.greeting.build))
  }
}
