// SPDX-License-Identifier: Apache-2.0

/// Sizes of the health datagrams, in bytes.
package enum WireLimits {
  /// The longest datagram. It fits IPv6's least MTU of 1,280 with its headers and room for a tunnel's, so
  /// none is ever cut into fragments, of which each could be lost.
  package static let maximumDatagram = 1200
  /// What sealing adds to a body: 16 for the header in clear, 16 for the authentication tag.
  package static let sealingOverhead = 32
  /// The longest body.
  package static let maximumBody = maximumDatagram - sealingOverhead
}
