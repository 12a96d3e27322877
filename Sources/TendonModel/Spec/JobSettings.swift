// SPDX-License-Identifier: Apache-2.0

/// How a job is done: the keys below `job`.
package struct JobSettings: Hashable, Sendable {
  package static let largestCompletions = 10_000
  package static let largestParallelism = 1000
  package static let largestBackoffLimit = 1000

  /// How many instances have to end with status 0, each in a slot of its own. Default 1.
  package var completions: Int
  /// How many run at one time, at most. Default 1.
  package var parallelism: Int
  /// How many failed tries the whole job survives: one more makes it fail. Default 6.
  package var backoffLimit: Int
  /// How long it may take from its beginning; nil is for ever.
  package var deadline: Span?
  /// How long the instances that ended stay to be looked at (status, output) once it is over. Default 1 h. They hold
  /// no cgroup and no reservation; raising it costs records and log files on the hosts.
  package var keep: Span

  package init(
    completions: Int = 1, parallelism: Int = 1, backoffLimit: Int = 6, deadline: Span? = nil,
    keep: Span = .seconds(3600)
  ) {
    self.completions = completions
    self.parallelism = parallelism
    self.backoffLimit = backoffLimit
    self.deadline = deadline
    self.keep = keep
  }

  var faults: [SpecFault] {
    var faults: [SpecFault] = []
    func check(_ value: Int, in range: ClosedRange<Int>, _ key: String) {
      if range.contains(value) { return }
      faults.append(
        SpecFault(
          ["job", key], "\(value) is outside \(range.lowerBound) to \(range.upperBound)"))
    }
    check(completions, in: 1...Self.largestCompletions, "completions")
    check(parallelism, in: 1...Self.largestParallelism, "parallelism")
    check(backoffLimit, in: 0...Self.largestBackoffLimit, "backoff_limit")
    if let deadline, deadline < .seconds(1) {
      faults.append(SpecFault(["job", "deadline"], "\(deadline) is less than 1s"))
    }
    return faults
  }
}

extension JobSettings: Codable {
  enum CodingKeys: String, CodingKey {
    case completions, parallelism, deadline, keep
    case backoffLimit = "backoff_limit"
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let byDefault = Self()
    completions =
      try values.decodeIfPresent(Int.self, forKey: .completions) ?? byDefault.completions
    parallelism =
      try values.decodeIfPresent(Int.self, forKey: .parallelism) ?? byDefault.parallelism
    backoffLimit =
      try values.decodeIfPresent(Int.self, forKey: .backoffLimit) ?? byDefault.backoffLimit
    deadline = try values.decodeIfPresent(Span.self, forKey: .deadline)
    keep = try values.decodeIfPresent(Span.self, forKey: .keep) ?? byDefault.keep
  }
}
