// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonModel

/// Follows one instance's output, over restarts and from host to host.
struct LogFollower: Sendable {
  let client: TendonClient
  let id: InstanceID
  var request: LogRequest
  var printer: LogPrinter
  /// The placement whose output was printed last.
  private var followed: Epoch?
  private var lastChunk = ContinuousClock.now

  /// Between two looks at where the instance is.
  private static let pause = Duration.milliseconds(250)
  /// How long before it arrived here the host may have read a chunk: what was written in between is in none.
  private static let longestTransit = Duration.seconds(2)

  init(client: TendonClient, id: InstanceID, request: LogRequest, printer: LogPrinter) {
    self.client = client
    self.id = id
    self.request = request
    self.printer = printer
  }

  /// Returns when the instance is gone or will not run again.
  mutating func run() async throws {
    while true {
      guard let view = try await look() else { return }
      if followed != nil, view.epoch == followed, view.state == .ended || view.state == .failed {
        return
      }
      if let epoch = view.epoch, epoch >= followed ?? epoch {
        try await follow(epoch)
      } else if let followed, view.epoch ?? followed < followed, try await isDeleted() {
        // All that is left is an older placement on a host that is gone.
        return
      } else if followed == nil {
        throw CLIError.notFound("\(id) has no output yet: \(view.message)")
      }
      try await Task.sleep(for: Self.pause)
    }
  }

  /// nil when there is no such instance any more.
  private func look() async throws -> InstanceView? {
    do throws(ClientError) {
      return try await client.instance(id)
    } catch {
      if followed != nil, error.isRefusal(for: [.notFound]) { return nil }
      throw error
    }
  }

  private func isDeleted() async throws -> Bool {
    do throws(ClientError) {
      _ = try await client.service(id.service)
      return false
    } catch {
      if error.isRefusal(for: [.notFound]) { return true }
      throw error
    }
  }

  /// Prints until the placement's output or the connection to its host ends.
  private mutating func follow(_ epoch: Epoch) async throws {
    var request = request
    if epoch == followed {
      // The connection broke. What came while nobody listened is not left out, at the price of repeated lines.
      request.tailLines = nil
      let silence = ContinuousClock.now - lastChunk + Self.longestTransit
      request.since = .ago(Span(milliseconds: silence.wholeMilliseconds))
    } else if followed != nil {
      // Of another placement everything is new.
      request.tailLines = nil
      request.since = nil
    }
    do {
      let chunks = try await client.logs(of: id, request)
      followed = epoch
      lastChunk = .now
      for try await chunk in chunks {
        lastChunk = .now
        try printer.print(chunk)
      }
      try printer.finish()
    } catch let error as ClientError {
      // Its host or agent may be gone just now: asked again.
      guard followed != nil,
        error.isRefusal(for: [.conflict, .unavailable, .notFound, .timedOut])
      else { throw error }
    }
  }
}

extension ClientError {
  fileprivate func isRefusal(for codes: Set<APIError.Code>) -> Bool {
    if case .refused(let error, _) = self { codes.contains(error.code) } else { false }
  }
}
