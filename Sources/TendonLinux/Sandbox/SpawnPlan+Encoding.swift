// SPDX-License-Identifier: Apache-2.0

import CLinux

extension SpawnPlan {
  /// The plan as tendon-init takes it.
  /// - Throws: `.invalid` for a text with a zero byte.
  func encoded() throws(InitError) -> [UInt8] {
    var head = tendon_plan()
    head.clone_flags = isFirstOfNamespace ? UInt32(NamespaceFlags.pid) : 0
    head.flags = needsHelper ? UInt32(TENDON_PLAN_HELPER) : 0
    head.step_count = UInt32(steps.count)
    var bytes = withUnsafeBytes(of: head) { Array($0) }
    for step in steps { bytes += try Self.encode(step) }
    return bytes
  }

  /// What a step is made of in bytes.
  private struct Parts {
    var kind: tendon_plan_kind
    var a: UInt64 = 0
    var b: UInt64 = 0
    var c: UInt64 = 0
    var texts: [String] = []
    var data: [UInt8] = []
  }

  private static func encode(_ step: PlanStep) throws(InitError) -> [UInt8] {
    let parts = parts(of: step)
    var head = tendon_plan_step()
    var tail: [UInt8] = []
    for text in parts.texts {
      guard !text.utf8.contains(0) else { throw .invalid("\(step): a zero byte in a text") }
      tail += Array(text.utf8) + [0]
    }
    if !parts.data.isEmpty { while tail.count % 4 != 0 { tail.append(0) } }
    tail += parts.data
    while tail.count % 8 != 0 { tail.append(0) }
    head.kind = parts.kind.rawValue
    head.length = UInt32(MemoryLayout<tendon_plan_step>.size + tail.count)
    (head.a, head.b, head.c) = (parts.a, parts.b, parts.c)
    return withUnsafeBytes(of: head) { Array($0) } + tail
  }

  private static func parts(of step: PlanStep) -> Parts {
    switch step {
    case .unshare(let flags): Parts(kind: TENDON_PLAN_UNSHARE, a: flags)
    case .rlimit(_, let number, let soft, let hard):
      Parts(kind: TENDON_PLAN_RLIMIT, a: number, b: soft, c: hard)
    case .write(let path, let text): Parts(kind: TENDON_PLAN_WRITE, texts: [path, text])
    case .nice(let value): Parts(kind: TENDON_PLAN_NICE, a: UInt64(bitPattern: Int64(value)))
    case .ioPriority(let value): Parts(kind: TENDON_PLAN_IOPRIO, a: value)
    case .hostname(let name): Parts(kind: TENDON_PLAN_HOSTNAME, texts: [name])
    case .loopback: Parts(kind: TENDON_PLAN_LOOPBACK)
    case .ids(let uid, let gid, let groups):
      Parts(
        kind: TENDON_PLAN_IDS, a: UInt64(uid), b: UInt64(gid), c: UInt64(groups.count),
        data: groups.withUnsafeBytes { Array($0) })
    case .bounding(let mask): Parts(kind: TENDON_PLAN_BOUNDING, a: mask)
    case .capabilities(let mask, let ambient, let asFarAsHad):
      Parts(
        kind: TENDON_PLAN_CAPABILITIES, a: mask, b: ambient ? 1 : 0, c: asFarAsHad ? 1 : 0)
    case .noNewPrivileges: Parts(kind: TENDON_PLAN_NO_NEW_PRIVILEGES)
    case .seccomp(let filter):
      Parts(kind: TENDON_PLAN_SECCOMP, a: UInt64(filter.count / 8), data: filter)
    case .changeDirectory(let path): Parts(kind: TENDON_PLAN_CHDIR, texts: [path])
    default: mountParts(of: step)
    }
  }

  private static func mountParts(of step: PlanStep) -> Parts {
    switch step {
    case .propagation(let flags): Parts(kind: TENDON_PLAN_PROPAGATION, a: flags)
    case .stage(let source, let target):
      Parts(kind: TENDON_PLAN_STAGE, texts: [source, target])
    case .bind(let source, let target, let rules):
      Parts(kind: TENDON_PLAN_BIND, a: rules.rawValue, texts: [source, target])
    case .mount(let type, let target, let flags, let options, let rules):
      Parts(
        kind: TENDON_PLAN_MOUNT, a: flags, b: rules.rawValue, texts: [type, target, options])
    case .attributes(let target, let set, let clear, let rules):
      Parts(kind: TENDON_PLAN_ATTRIBUTES, a: set, b: clear, c: rules.rawValue, texts: [target])
    case .mask(let path): Parts(kind: TENDON_PLAN_MASK, texts: [path])
    case .device(let target, let mode, let major, let minor):
      Parts(
        kind: TENDON_PLAN_DEVICE, a: UInt64(mode), b: UInt64(major) << 32 | UInt64(minor),
        texts: [target])
    case .symlink(let text, let target):
      Parts(kind: TENDON_PLAN_SYMLINK, texts: [text, target])
    case .directory(let path, let mode):
      Parts(kind: TENDON_PLAN_DIRECTORY, a: UInt64(mode), texts: [path])
    case .file(let target, let mode, let uid, let gid, let data):
      Parts(
        kind: TENDON_PLAN_FILE, a: UInt64(mode), b: UInt64(uid) << 32 | UInt64(gid),
        c: UInt64(data.count), texts: [target], data: data)
    case .pivot: Parts(kind: TENDON_PLAN_PIVOT)
    default: preconditionFailure("parts(of:) deals with \(step)")
    }
  }
}
