// SPDX-License-Identifier: Apache-2.0
package import SystemPackage

/// What can go wrong with a lab, in words a person can act on.
package enum LabError: Error, Equatable, CustomStringConvertible {
  /// Network namespaces and taps need root.
  case notRoot
  /// Programs, devices or kernel features that are not there, each with what to do about it.
  case missing([LabRequirement])
  case badValue(what: String, value: String, wanted: String)
  case alreadyUp(name: String, directory: FilePath)
  case noSuchLab(name: String, directory: FilePath)
  case noSuchHost(String, known: [String])
  case hostNotRunning(String)
  case hostAlreadyRunning(String)
  /// A program of the lab's own (`ip`, `nft`, ...) ended with an error.
  case commandFailed(command: String, status: Int32, output: String)
  case couldNotStart(program: String, errno: Errno)
  case file(operation: String, path: FilePath, errno: Errno)
  case malformed(path: FilePath, reason: String)
  /// A host or the coordinator ended while it was waited for.
  case endedEarly(what: String, hint: String)
  case timedOut(waitingFor: String, after: Duration, hint: String)
  case noRoom(path: FilePath, neededBytes: UInt64, freeBytes: UInt64)
  /// Every one of the subnets 10.213.1.0/24 to 10.213.250.0/24 is taken.
  case noFreeSubnet
  case refused(String)

  /// Whether the user must change something before trying again: exit code 2 rather than 1.
  package var isUsage: Bool {
    switch self {
    case .notRoot, .missing, .badValue, .noRoom, .refused: true
    default: false
    }
  }

  /// The same error with one more line to help.
  func adding(_ line: String) -> LabError {
    switch self {
    case .timedOut(let what, let after, let hint):
      .timedOut(waitingFor: what, after: after, hint: hint + "\n" + line)
    case .endedEarly(let what, let hint): .endedEarly(what: what, hint: hint + "\n" + line)
    default: self
    }
  }

  package var description: String {
    switch self {
    case .notRoot:
      "the lab makes network namespaces and taps: run it as root (sudo tendon-lab ...)"
    case .missing(let requirements):
      (["the lab can't run here yet:"] + requirements.map { "  \($0.what): \($0.remedy)" })
        .joined(separator: "\n")
    case .badValue(let what, let value, let wanted): "\(what) '\(value)': \(wanted)"
    case .alreadyUp(let name, let directory):
      "lab '\(name)' is up (\(directory)); end it with: tendon-lab down --name \(name)"
    case .noSuchLab(let name, let directory):
      "there is no lab '\(name)' in \(directory); start one with: tendon-lab up --name \(name)"
    case .noSuchHost(let host, let known):
      "there is no host '\(host)' in this lab; it has \(known.joined(separator: ", "))"
    case .hostNotRunning(let host):
      "\(host) is not running; start it with: tendon-lab start \(host)"
    case .hostAlreadyRunning(let host): "\(host) is running already"
    case .commandFailed(let command, let status, let output):
      "'\(command)' ended with \(status)\(output.isEmpty ? "" : ": \(output)")"
    case .couldNotStart(let program, let errno): "could not start \(program): \(errno)"
    case .file(let operation, let path, let errno): "could not \(operation) \(path): \(errno)"
    case .malformed(let path, let reason): "\(path) is not what the lab wrote: \(reason)"
    case .timedOut(let what, let after, let hint):
      "waited \(after) for \(what) in vain\(hint.isEmpty ? "" : "\n\(hint)")"
    case .endedEarly(let what, let hint): "\(what) ended while it started\n\(hint)"
    case .noRoom(let path, let needed, let free):
      "the hosts' memory is kept in \(path), which has \(free >> 20) MiB free of the "
        + "\(needed >> 20) MiB needed: ask for fewer hosts or less --host-memory"
    case .noFreeSubnet: "all subnets from 10.213.1.0/24 to 10.213.250.0/24 are taken"
    case .refused(let reason): reason
    }
  }
}

/// Something the lab needs that is not there.
package struct LabRequirement: Equatable, Sendable {
  package var what: String
  package var remedy: String

  package init(what: String, remedy: String) {
    self.what = what
    self.remedy = remedy
  }
}
