// SPDX-License-Identifier: Apache-2.0

import Logging
import ServiceLifecycle
import TendonCore
import TendonLinux
import TendonModel

/// Listens to what instances tell through the notify socket.
struct NotifyLink: Service {
  let socket: NotifySocket
  let tree: CgroupTree
  let agent: HostAgent
  let log: Logger

  func run() async throws {
    let inbox = NotifyInbox()
    let (socket, tree, log) = (socket, tree, log)
    let error = BlockingThread.start {
      _ = BlockingThread.name("notify")
      socket.run { message in
        do {
          // Nobody's: a process outside of all instances, or one that ended too soon to be known.
          guard let leaf = try tree.leaf(of: message.pid) else { return }
          inbox.take(message.lines, from: leaf)
        } catch {
          log.debug("a notification of process \(message.pid): \(error)")
        }
      }
    }
    if let error { throw ProcessError(call: "pthread_create", errno: error) }
    await cancelWhenGracefulShutdown {
      for await _ in inbox.signals {
        for (leaf, pending) in inbox.takeAll() {
          await agent.notified(leaf, pending.notifications)
        }
      }
    }
    socket.stop()
  }
}

extension HostAgent {
  func notified(_ leaf: CgroupLeaf, _ notifications: [Notification]) {
    guard core.memory(of: leaf.epoch)?.desired.instance == leaf.instance else { return }
    for notification in notifications { tell(.notified(notification), of: leaf.epoch) }
  }
}
