// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import SystemPackage

/// The host's end of its box: takes requests, runs them, leaves answers.
struct GuestMailbox {
  private struct Running {
    var id: String
    var output: FileDescriptor
    var error: FileDescriptor
    var isCancelled = false
  }

  private let requests: FilePath
  private let results: FilePath
  private var commands: [pid_t: Running] = [:]
  private var lastRequest: ContinuousClock.Instant = .now

  init(box: FilePath) {
    requests = box.appending("requests")
    results = box.appending("results")
  }

  /// Often while the lab is talking to this host; else seldom, as every look costs a host some
  /// 0.5 ms of a core.
  var nextLookMilliseconds: Int32 {
    ContinuousClock.now - lastRequest < .seconds(2) ? 15 : 60
  }

  /// Takes every request that is there. Returns true when the host is to end.
  mutating func serve(agent: inout GuestAgent) throws(LabError) -> Bool {
    let names = try LabFile.list(requests)
    // First, so that a request nobody waits for any more is not even begun (after a thaw, say).
    for name in names where name.hasSuffix(".cancel") {
      let id = String(name.dropLast(".cancel".count))
      try LabFile.remove(requests.appending(id + ".json"))
      cancel(id)
      try LabFile.remove(requests.appending(name))
    }
    for name in names {
      let path = requests.appending(name)
      if name.hasSuffix(".json") {
        lastRequest = .now
        guard let request = try LabJSON.read(MailboxRequest.self, path) else { continue }
        try LabFile.remove(path)
        if try take(request.action, id: String(name.dropLast(5)), agent: &agent) { return true }
      }
    }
    return false
  }

  /// Returns true for the request to end.
  private mutating func take(
    _ action: MailboxRequest.Action, id: String, agent: inout GuestAgent
  ) throws(LabError) -> Bool {
    switch action {
    case .exec(let command, let environment, let folder):
      try exec(command, environment: environment, folder: folder, id: id)
    case .signalAgent(let signal):
      if let pid = agent.pid { kill(pid, signal) }
      try answerPID(agent, id: id)
    case .holdAgent:
      agent.hold()
      try answer(id, MailboxReply(status: 0))
    case .releaseAgent:
      agent.release()
      try answer(id, MailboxReply(status: 0))
    case .agentPID: try answerPID(agent, id: id)
    case .stepClock(let seconds):
      let error = tendon_lab_step_clock(seconds)
      let reason = error == 0 ? nil : "its clock can't be set: \(Errno(rawValue: error))"
      try answer(id, MailboxReply(status: error, error: reason))
    case .halt:
      try answer(id, MailboxReply(status: 0))
      return true
    }
    return false
  }

  private func answerPID(_ agent: GuestAgent, id: String) throws(LabError) {
    let reply = agent.pid.map { MailboxReply(status: $0) }
    try answer(id, reply ?? MailboxReply(status: 0, error: "the agent does not run"))
  }

  private mutating func exec(
    _ command: [String], environment: [String: String], folder: String, id: String
  ) throws(LabError) {
    let nothing = try LabFile.open("/dev/null", .readOnly)
    defer { LabFile.close(nothing) }
    let options: FileDescriptor.OpenOptions = [.create, .truncate]
    let output = try LabFile.open(results.appending(id + ".out"), .writeOnly, options: options)
    let error = try LabFile.open(results.appending(id + ".err"), .writeOnly, options: options)
    let variables = LabSpawn.inherited().merging(environment) { $1 }
    do throws(LabError) {
      let pid = try LabSpawn.start(
        ["env", "-C", folder, "--"] + command, environment: variables,
        descriptors: [nothing, output, error], session: true)
      commands[pid] = Running(id: id, output: output, error: error)
    } catch let failure {
      LabFile.close(output)
      LabFile.close(error)
      try answer(id, MailboxReply(status: 126, error: "\(failure)"))
    }
  }

  /// Answers for a command that has ended. Its output goes from this kernel's cache to the machine
  /// first, so that whoever sees the answer sees all of it.
  mutating func ended(_ pid: pid_t, status: Int32) throws(LabError) {
    guard let command = commands.removeValue(forKey: pid) else { return }
    for file in [command.output, command.error] {
      if fsync(file.rawValue) != 0 {
        GuestLog.say("output of request \(command.id) is lost: \(Errno(rawValue: errno))")
      }
      LabFile.close(file)
    }
    guard command.isCancelled else {
      return try answer(command.id, MailboxReply(status: status))
    }
    for stream in ["out", "err"] {
      try LabFile.remove(results.appending("\(command.id).\(stream)"))
    }
  }

  private mutating func cancel(_ id: String) {
    guard let pid = commands.first(where: { $0.value.id == id })?.key else { return }
    commands[pid]?.isCancelled = true
    kill(-pid, SIGKILL)
  }

  private func answer(_ id: String, _ reply: MailboxReply) throws(LabError) {
    try LabJSON.write(reply, results.appending(id + ".json"))
  }
}

/// Lines on the host's console.
enum GuestLog {
  static func say(_ line: String) {
    let bytes = [UInt8]("guest-init: \(line)\n".utf8)
    // There is nobody left to tell when the console itself fails.
    _ = Glibc.write(2, bytes, bytes.count)
  }
}
