// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What one attempt of a probe came to.
package enum ProbeOutcome: Hashable, Sendable {
  case success
  /// In words a person can act on: `connection refused`, `status 503`.
  case failure(String)
  /// Nothing was learnt of the program: the probe could not be made, for a reason of our own.
  case unknown
}

/// One probe's verdict, from its attempts: it changes after so many successes or failures in a row, and not before.
package struct ProbeMachine: Hashable, Sendable {
  package enum Verdict: Hashable, Sendable {
    /// Not enough attempts yet.
    case undecided
    case passing
    /// With the reason of the last failure.
    case failing(String)

    package var isPassing: Bool { self == .passing }
    package var isFailing: Bool { if case .failing = self { true } else { false } }
  }

  package let kind: ProbeKind
  package let probe: Probe
  package private(set) var verdict: Verdict
  private var successes = 0
  private var failures = 0

  /// - Parameter isPassing: what an earlier machine had found of the same process.
  package init(_ kind: ProbeKind, _ probe: Probe, isPassing: Bool = false) {
    self.kind = kind
    self.probe = probe
    verdict = isPassing ? .passing : .undecided
  }

  private var failuresThatCount: Int { probe.failures ?? kind.defaultFailures }

  /// Takes one attempt's outcome.
  /// - Returns: the verdict where it is another than before; one that goes on failing is news only where its
  ///   reason is another.
  package mutating func took(_ outcome: ProbeOutcome) -> Verdict? {
    switch outcome {
    case .unknown: return nil
    case .success:
      failures = 0
      successes = min(successes + 1, probe.successes)
      guard successes >= probe.successes, !verdict.isPassing else { return nil }
      verdict = .passing
      return verdict
    case .failure(let reason):
      successes = 0
      failures = min(failures + 1, failuresThatCount)
      guard failures >= failuresThatCount else { return nil }
      let times = failures == 1 ? "" : " \(failures) times in a row"
      let before = verdict
      verdict = .failing("its \(kind.rawValue) probe failed\(times): \(reason)")
      return verdict == before ? nil : verdict
    }
  }
}
