// SPDX-License-Identifier: Apache-2.0
import NIOCore
import TendonCore
import TendonModel

/// Users who follow a list: each has a bounded queue, and one that does not read is dropped with a last
/// line that says so.
struct WatchHub {
  enum Subject: Sendable {
    case services
    /// nil is every service's.
    case instances(ServiceName?)
    case hosts
    case reservations
    case events(EventFilter)
  }

  /// The most bytes that wait for a watcher, apart from the first list.
  static let queueLimit = 4 << 20

  private var watchers: [UInt64: (subject: Subject, queue: LineQueue)] = [:]
  private var lastNumber: UInt64 = 0

  var count: Int { watchers.count }

  /// Follows from now on; the queue begins with all that there is, and `synced`.
  mutating func add(_ subject: Subject, core: CoordinatorCore, now: Now) -> LineQueue {
    let queue = LineQueue(limit: Self.queueLimit)
    _ = queue.push(Self.list(subject, core: core, now: now))
    lastNumber += 1
    watchers[lastNumber] = (subject, queue)
    return queue
  }

  mutating func publish(_ step: CoordinatorStep, core: CoordinatorCore, now: Now) {
    guard !watchers.isEmpty else { return }
    let instances = step.touchedInstances.sorted()
    let services = step.touchedServices.union(instances.map(\.service)).sorted()
    for (number, watcher) in watchers {
      var lines = ByteBuffer()
      switch watcher.subject {
      case .services:
        for name in services {
          JSON.appendLine(Self.line(core.serviceView(name), name.description), to: &lines)
        }
      case .instances(let service):
        for id in instances where service == nil || service == id.service {
          JSON.appendLine(Self.line(core.instanceView(id), id.description), to: &lines)
        }
      case .hosts:
        for id in step.touchedHosts.sorted() {
          JSON.appendLine(Self.line(core.hostView(id, now: now), id.description), to: &lines)
        }
      case .reservations:
        for name in step.touchedReservations.sorted() {
          let view = core.reservationView(name, now: now)
          JSON.appendLine(Self.line(view, name.description), to: &lines)
        }
      case .events(let filter):
        for event in step.events where filter.admits(event) {
          JSON.appendLine(WatchLine.put(event), to: &lines)
        }
      }
      if lines.readableBytes > 0 { push(lines, to: number) }
    }
  }

  mutating func keepAlive() {
    for number in watchers.keys { push(ByteBuffer(string: "\n"), to: number) }
  }

  mutating func endAll() {
    for watcher in watchers.values { watcher.queue.finish() }
    watchers = [:]
  }

  private mutating func push(_ lines: ByteBuffer, to number: UInt64) {
    guard let queue = watchers[number]?.queue, !queue.push(lines) else { return }
    watchers[number] = nil
    let error = APIError(
      code: .unavailable,
      message:
        "this watch was ended: more than \(Self.queueLimit >> 20) MiB were waiting to be read")
    queue.cut(last: JSON.line(APIErrorBody(error: error)))
  }

  private static func list(_ subject: Subject, core: CoordinatorCore, now: Now) -> ByteBuffer {
    var lines = ByteBuffer()
    func append<View: Hashable & Sendable & Codable>(_ views: [View]) {
      for view in views { JSON.appendLine(WatchLine.put(view), to: &lines) }
      JSON.appendLine(WatchLine<View>.synced(core.revision), to: &lines)
    }
    switch subject {
    case .services: append(core.serviceViews())
    case .instances(let service): append(core.instanceViews(of: service))
    case .hosts: append(core.hostViews(now: now))
    case .reservations: append(core.reservationViews(now: now))
    case .events(let filter): append(core.events(filter))
    }
    return lines
  }

  private static func line<View: Hashable & Sendable & Codable>(
    _ view: View?, _ name: String
  ) -> WatchLine<View> {
    view.map { .put($0) } ?? .removed(name)
  }
}
