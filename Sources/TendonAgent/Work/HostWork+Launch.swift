// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import SystemPackage
import TendonLinux
import TendonModel

/// The descriptors of one spawn, and where its program starts; closed with `close`, all but the input.
struct SpawnFiles: Sendable {
  var directory: String
  var cgroup: FileDescriptor
  var input: FileDescriptor
  var output: FileDescriptor
  var error: FileDescriptor

  /// - Parameter input: not closed here.
  /// - Parameter opened: cgroup, output, error.
  init(directory: String, input: FileDescriptor, _ opened: [FileDescriptor]) {
    self.directory = directory
    self.input = input
    (cgroup, output, error) = (opened[0], opened[1], opened[2])
  }

  func close() {
    // Only EIO could come of it, for files that nothing was written to here.
    for descriptor in [cgroup, output, error] { try? descriptor.close() }
  }
}

/// `/dev/null`, open for reading: one for all instances.
final class NullInput: Sendable {
  private let opened = Mutex<Int32>(-1)

  deinit {
    opened.withLock { if $0 >= 0 { close($0) } }
  }

  /// Opened when it is first asked for; stays open as long as this object.
  func descriptor() throws(StateError) -> FileDescriptor {
    let result = opened.withLock { opened in
      Result { () throws(StateError) in
        if opened < 0 { opened = try Files.open("/dev/null", O_RDONLY) }
        return FileDescriptor(rawValue: opened)
      }
    }
    return try result.get()
  }
}

extension SpawnRequest {
  /// Borrows the descriptors.
  mutating func use(_ files: SpawnFiles) {
    (cgroup, input, output, error) = (files.cgroup, files.input, files.output, files.error)
  }
}

/// One start, whole: prepared and asked for on one thread, since each change of threads takes as long as ten system calls.
struct Launch: Sendable {
  var placement: DesiredPlacement
  /// Without its descriptors.
  var request: SpawnRequest
  /// Who the instance's own folder is given to.
  var user: UserIdentity?
  /// Whether the instance has a view of files of its own.
  var hasView = false
  /// How many processes of the same placement there were.
  var runsBefore = 0
  /// Called on that thread before anything runs.
  var isPrepared: @Sendable (HostWork.Prepared) -> Void = { _ in }
  /// Called on that thread when it could not be noted in the instance's logs where this run's output begins.
  var isNotNoted: @Sendable (StateError) -> Void = { _ in }
  /// Called on that thread while tendon-init is at work, or after the failure, with what was prepared.
  var meanwhile: (@Sendable (HostWork.Prepared?) -> Void)?

  /// What came of it.
  struct Outcome: Sendable {
    var prepared: HostWork.Prepared
    /// For another try, as long as `prepared` is open.
    var request: SpawnRequest
    var process: Result<SpawnedProcess, InitError>
    var preparation: Duration
  }
}

extension HostWork {
  /// Returns once the program runs, or could not be started. Whoever gets the outcome closes its files.
  /// - Throws: where it could not even be prepared.
  func launch(
    _ launch: Launch, by client: InitClient, on blocking: Blocking
  ) async throws(StartError) -> Launch.Outcome {
    let result = await withCheckedContinuation {
      (waiter: CheckedContinuation<Result<Launch.Outcome, StartError>, Never>) in
      blocking.start {
        let prepared = begin(launch, by: client) { waiter.resume(returning: $0) }
        launch.meanwhile?(prepared)
      }
    }
    return try result.get()
  }

  /// - Returns: what was prepared; nil where that failed.
  private func begin(
    _ launch: Launch, by client: InitClient,
    then end: @escaping @Sendable (Result<Launch.Outcome, StartError>) -> Void
  ) -> Prepared? {
    let begin = ContinuousClock.now
    let prepared: Prepared
    do {
      prepared = try prepare(launch)
    } catch {
      end(.failure(error))
      return nil
    }
    launch.isPrepared(prepared)
    var request = launch.request
    request.use(prepared.files)
    let preparation = ContinuousClock.now - begin
    client.spawn(request) { [request] process in
      end(
        .success(
          Launch.Outcome(
            prepared: prepared, request: request, process: process, preparation: preparation)))
    }
    do {
      try noteRun(
        of: launch.placement, sizes: prepared.run.logSizes, runsBefore: launch.runsBefore)
    } catch {
      launch.isNotNoted(error)
    }
    return prepared
  }
}
