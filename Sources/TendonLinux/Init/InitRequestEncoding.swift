// SPDX-License-Identifier: Apache-2.0
import CLinux
import SystemPackage
import TendonModel

/// A request as it goes over the socket (`tendon_init_protocol.h`).
struct InitRequestBytes: Sendable {
  var bytes: [UInt8]
  var fds: [Int32] = []

  /// A header and nothing more: LIST, SHUTDOWN.
  static func bare(_ type: Int) -> Self {
    message(tendon_header(type: UInt32(type), length: UInt32(MemoryLayout<tendon_header>.size)))
  }

  static func hello() -> Self {
    var body = tendon_init_hello()
    body.header = header(TENDON_INIT_HELLO, of: body)
    body.version = UInt32(TENDON_INIT_VERSION)
    return message(body)
  }

  static func acknowledge(_ exit: ExitRecord) -> Self {
    var body = tendon_init_ack()
    body.header = header(TENDON_INIT_ACK, of: body)
    body.epoch = exit.epoch.rawValue
    body.start_time = exit.identity.startTicks
    body.pid = exit.identity.pid
    return message(body)
  }

  /// - Throws: `.invalid`.
  static func upgrade(to path: String) throws(InitError) -> Self {
    let text = try strings([path], "the program's path")
    var body = tendon_init_upgrade()
    let length = MemoryLayout<tendon_init_upgrade>.size + text.count
    body.header = tendon_header(type: UInt32(TENDON_INIT_UPGRADE), length: UInt32(length))
    body.path_length = UInt32(text.count)
    var message = message(body)
    message.bytes += text
    return message
  }

  /// - Throws: `.tooLarge` or `.invalid`.
  static func spawn(_ spawn: SpawnRequest, id: UInt64) throws(InitError) -> Self {
    let groups = spawn.user?.groups ?? []
    let name = try strings([spawn.name], "instance")
    let directory = try strings([spawn.directory], "directory")
    let arguments = try strings(spawn.arguments, "arguments")
    let environment = try strings(spawn.environment, "environment")
    let plan = try spawn.plan?.encoded() ?? []
    guard !spawn.arguments.isEmpty else { throw .invalid("no program to run") }
    guard groups.count <= TENDON_INIT_MAX_GROUPS else { throw .invalid("too many groups") }
    guard name.count <= TENDON_INIT_MAX_NAME else { throw .invalid("the name is too long") }
    let length =
      MemoryLayout<tendon_init_spawn>.size + plan.count + groups.count * 4 + name.count
      + directory.count
      + arguments.count + environment.count
    guard length <= TENDON_INIT_MAX_MESSAGE else {
      throw .tooLarge(bytes: length, limit: Int(TENDON_INIT_MAX_MESSAGE))
    }

    var body = fixedPart(spawn)
    body.header = tendon_header(type: UInt32(TENDON_INIT_SPAWN), length: UInt32(length))
    body.request = id
    body.group_count = UInt32(groups.count)
    body.name_length = UInt32(name.count)
    body.cwd_length = UInt32(directory.count)
    body.argc = UInt32(spawn.arguments.count)
    body.argv_length = UInt32(arguments.count)
    body.envc = UInt32(spawn.environment.count)
    body.env_length = UInt32(environment.count)
    body.plan_length = UInt32(plan.count)

    var message = message(body)
    message.bytes.reserveCapacity(length)
    message.bytes += plan
    groups.withUnsafeBytes { message.bytes.append(contentsOf: $0) }
    for part in [name, directory, arguments, environment] { message.bytes += part }
    if let cgroup = spawn.cgroup { message.fds.append(cgroup.rawValue) }
    message.fds += [spawn.input, spawn.output, spawn.error].map(\.rawValue)
    return message
  }

  private static func fixedPart(_ spawn: SpawnRequest) -> tendon_init_spawn {
    var body = tendon_init_spawn()
    body.epoch = spawn.epoch.rawValue
    body.umask = spawn.umask
    if let user = spawn.user {
      body.flags |= UInt32(TENDON_INIT_SET_IDS)
      body.uid = user.uid
      body.gid = user.gid
    }
    if let files = spawn.openFiles {
      body.flags |= UInt32(TENDON_INIT_SET_NOFILE)
      body.nofile_soft = files.soft
      body.nofile_hard = files.hard
    }
    if spawn.cgroup != nil { body.flags |= UInt32(TENDON_INIT_CGROUP) }
    return body
  }

  private static func strings(_ strings: [String], _ what: String) throws(InitError) -> [UInt8] {
    var bytes: [UInt8] = []
    for string in strings {
      guard !string.utf8.contains(0) else { throw .invalid("\(what): a zero byte in a string") }
      bytes += string.utf8
      bytes.append(0)
    }
    return bytes
  }

  private static func header<Body>(_ type: Int, of body: Body) -> tendon_header {
    tendon_header(type: UInt32(type), length: UInt32(MemoryLayout<Body>.size))
  }

  private static func message<Body>(_ body: Body) -> Self {
    Self(bytes: withUnsafeBytes(of: body) { Array($0) })
  }
}
