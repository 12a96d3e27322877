// SPDX-License-Identifier: Apache-2.0
import Hummingbird
import NIOCore

/// What comes with a request: its connection, so that it can be ended.
struct APIContext: RequestContext {
  /// The largest body of a request, but for replies of agents, which are streams.
  static let largestBody = 4 << 20

  var coreContext: CoreRequestContextStorage
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
  }

  var maxUploadSize: Int { Self.largestBody }

  /// Ends the connection at once.
  var hangUp: @Sendable () -> Void {
    { [channel] in channel.close(promise: nil) }
  }
}
