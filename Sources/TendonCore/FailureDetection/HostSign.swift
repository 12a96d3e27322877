// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What came of trying to reach a silent host, or what its agent said at its end.
package struct HostSign: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable {
    /// `via` has sent the try's ping on: from now on its silence means something.
    case asked
    /// The agent answered a ping, to the coordinator or to `via`.
    case agent
    /// The host's kernel answered a TCP connection, with whatever it had to say.
    case kernel
    /// The coordinator itself could not send the try.
    case unsent
    /// The agent ends, as it was told to.
    case goodbye
  }

  package var kind: Kind
  /// Of the try; 0 for a goodbye.
  package var token: UInt64
  /// The host it is about, where that is known for certain; nil: whose try the token was.
  package var host: HostID?
  /// The host that tried; nil is the coordinator.
  package var via: HostID?

  package init(_ kind: Kind, token: UInt64 = 0, host: HostID? = nil, via: HostID? = nil) {
    self.kind = kind
    self.token = token
    self.host = host
    self.via = via
  }
}

/// One try to reach a silent host, to be sent at once: any part of it may be lost.
package struct ProbeOrder: Hashable, Sendable {
  package var suspect: HostID
  /// Names the try in what comes of it.
  package var token: UInt64
  /// Whether the agent is pinged: one that knows no pings is not.
  package var pings: Bool
  /// Whether the kernel is asked too.
  package var asksKernel: Bool
  /// The hosts that are asked to do the same.
  package var via: [HostID]

  package init(
    suspect: HostID, token: UInt64, pings: Bool, asksKernel: Bool, via: [HostID]
  ) {
    self.suspect = suspect
    self.token = token
    self.pings = pings
    self.asksKernel = asksKernel
    self.via = via
  }
}
