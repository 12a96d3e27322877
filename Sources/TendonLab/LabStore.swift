// SPDX-License-Identifier: Apache-2.0
import CLinux
import SystemPackage

/// The state file of one lab and its lock. The file is the truth: every command reads it, acts and
/// writes it back, so that any process can go on where another was killed.
struct LabStore: Sendable {
  let directory: FilePath
  let name: String
  let paths: LabPaths

  init(directory: FilePath, name: String) throws(LabError) {
    try LabConfiguration.validate(name: name)
    self.directory = directory
    self.name = name
    paths = LabPaths(directory: directory, name: name)
  }

  /// The state, nil when there is no such lab.
  func readIfPresent() throws(LabError) -> LabState? {
    try LabJSON.read(LabState.self, paths.state)
  }

  func read() throws(LabError) -> LabState {
    guard let state = try readIfPresent() else {
      throw .noSuchLab(name: name, directory: directory)
    }
    return state
  }

  func write(_ state: LabState) throws(LabError) {
    try LabJSON.write(state, paths.state)
  }

  /// Runs `body` while no other process or thread changes this lab.
  func locked<Value>(_ body: () throws(LabError) -> Value) throws(LabError) -> Value {
    let descriptor = tendon_lab_lock(paths.lock.string)
    if descriptor == -Errno.noSuchFileOrDirectory.rawValue {
      throw .noSuchLab(name: name, directory: directory)
    }
    guard descriptor >= 0 else {
      throw .file(operation: "lock", path: paths.lock, errno: Errno(rawValue: -descriptor))
    }
    defer { LabFile.close(FileDescriptor(rawValue: descriptor)) }
    return try body()
  }

  /// Changes the state under the lock and writes it back, also when `body` throws half-way: what
  /// it did up to there did happen.
  func update<Value>(
    _ body: (inout LabState) throws(LabError) -> Value
  ) throws(LabError) -> Value {
    try locked { () throws(LabError) -> Value in
      var state = try read()
      let result: Result<Value, LabError>
      do throws(LabError) {
        result = .success(try body(&state))
      } catch {
        result = .failure(error)
      }
      try write(state)
      return try result.get()
    }
  }
}
