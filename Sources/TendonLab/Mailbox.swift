// SPDX-License-Identifier: Apache-2.0
import Glibc
import SystemPackage

/// The lab's end of a host's box.
struct Mailbox: Sendable {
  let host: String
  let paths: HostPaths

  /// Makes the folders and throws away what an earlier boot left in them.
  func reset() throws(LabError) {
    for folder in [paths.requests, paths.results] {
      try LabFile.removeTree(folder)
      try LabFile.makeFolder(folder, mode: 0o700)
    }
    try LabFile.remove(paths.ready)
  }

  /// Leaves a request and waits for the answer.
  ///
  /// - Parameter isAlive: asked while waiting; a host that dies answers nothing any more.
  func ask(
    _ action: MailboxRequest.Action, within limit: Duration,
    while isAlive: () throws(LabError) -> Bool
  ) throws(LabError) -> (id: String, reply: MailboxReply) {
    let id = Self.newID()
    let request = paths.requests.appending(id + ".json")
    try LabJSON.write(MailboxRequest(action: action), request)
    let deadline = ContinuousClock.now + limit
    var nextLook = ContinuousClock.now + .milliseconds(200)
    while true {
      if let reply = try LabJSON.read(MailboxReply.self, result(id, "json")) {
        try LabFile.remove(result(id, "json"))
        return (id, reply)
      }
      let now = ContinuousClock.now
      if now >= nextLook {
        nextLook = now + .milliseconds(200)
        guard try isAlive() else { throw .hostNotRunning(host) }
      }
      guard now < deadline else {
        // The host ends the command when it sees this, if it ever wakes.
        try LabFile.replace(paths.requests.appending(id + ".cancel"), with: [])
        throw .timedOut(
          waitingFor: "an answer from \(host)", after: limit,
          hint: "its console: \(paths.console)")
      }
      usleep(4_000)
    }
  }

  /// Takes one of a command's outputs.
  func takeOutput(_ id: String, _ stream: String) throws(LabError) -> [UInt8] {
    let path = result(id, stream)
    let bytes = try LabFile.read(path) ?? []
    try LabFile.remove(path)
    return bytes
  }

  private func result(_ id: String, _ suffix: String) -> FilePath {
    paths.results.appending("\(id).\(suffix)")
  }

  private static func newID() -> String {
    String(UInt64.random(in: .min ... .max), radix: 36)
  }
}
