// SPDX-License-Identifier: Apache-2.0

import TendonModel

extension SpecShape {
  /// An item that says of a list that it is empty, where that differs from not giving it.
  static let noItems = "none"

  /// The keys of `Sandbox`.
  static let sandbox: [Field] = [
    Field(
      "isolation",
      "How far an instance is kept from its host; the keys of sandbox replace what the level sets.",
      byDefault: .string(Isolation.standard.rawValue), .word(Isolation.allCases.map(\.rawValue))),
    Field(
      "root", "A directory or image (tar, squashfs, erofs, ext4) of the host: the instance's root.",
      .text(TextRules.absolutePath)),
    Field(
      "groups", "Supplementary groups, names or numbers, beside those of the user.",
      .list(of: .written(TextRules.group), hint: "write the groups as a list, such as [adm, 27]")),
    Field(
      "env_files", "Files of the host with NAME=value lines, read at each start.",
      paths(hint: "write their paths as a list")),
    Field(
      "secrets",
      "Files of the host, read at each start, that the program finds in $CREDENTIALS_DIRECTORY.",
      .map(
        keys: TextRules.secretName, values: .text(TextRules.absolutePath),
        hint: "write one NAME: /path/on/host per line")),
    Field("sandbox", "What the program may see and do, setting by setting.", sandboxSettings),
  ]

  private static let sandboxSettings: Shape = .object(
    [
      Field("no_new_privs", "Whether set-user-ID programs gain nothing.", .boolean),
      Field(
        "capabilities", "The capabilities that the program keeps.",
        .object(
          [
            Field(
              "keep", "Their names in capabilities(7) without CAP_, or [none].", required: true,
              .list(
                of: .word(Capability.allCases.map(\.rawValue) + [noItems]),
                hint: "write their names as a list, such as [net_bind_service], or [none]"))
          ], hint: "write {keep: [net_bind_service]}")),
      Field(
        "rlimits", "Limits of setrlimit(2) by their names without RLIMIT_.",
        .map(
          keys: TextRules.limitName, values: .written(TextRules.processLimit),
          hint: "write one name: soft:hard per line")),
      Field("umask", "The permissions that new files don't get.", .written(TextRules.umask)),
      Field("nice", "-20 is served first, 19 last.", .integer(Sandbox.niceRange)),
      Field("ioprio", "Class and level for disks.", .text(TextRules.ioPriority)),
      Field(
        "oom_score_adj", "-1000 is never killed for memory, 1000 first.",
        .integer(Sandbox.oomScoreRange)),
      Field(
        "read_only_root", "Whether nothing but writable paths can be written.", .boolean),
      Field(
        "writable", "Paths that can be written in a read-only root.",
        paths(hint: "write the paths as a list")),
      Field("private_tmp", "Whether /tmp and /var/tmp are the instance's own.", .boolean),
      Field(
        "hidden", "Paths that appear empty, or [none].",
        .list(
          of: .choice([.text(TextRules.absolutePath), .word([noItems])]),
          hint: "write the paths as a list, or [none]")),
      Field("private_devices", "Whether /dev has only null, zero, random and the like.", .boolean),
      Field(
        "namespaces", "The namespaces that are the instance's own, or [none].",
        .list(
          of: .word(Namespace.allCases.map(\.rawValue) + [noItems]),
          hint: "write their names as a list, such as [pid, ipc], or [none]")),
      Field("seccomp", "Which system calls are let through.", .text(TextRules.seccomp)),
    ], hint: "write its settings below it, such as {no_new_privs: true}")

  private static func paths(hint: String) -> Shape {
    .list(of: .text(TextRules.absolutePath), hint: hint)
  }
}

extension TextRules {
  static let group = TextRule(
    expected: "a group, by name or number",
    pattern: "^([A-Za-z_][A-Za-z0-9_.-]{0,31}|[0-9]{1,10})$"
  ) { !$0.contains(":") && user.fault($0) == nil }

  static let secretName = TextRule(
    expected: "a secret's name: 1 to 64 letters, digits, '.', '_' or '-'",
    pattern: "^[A-Za-z0-9._-]{1,64}$", holds: Sandbox.isSecretName)

  static let limitName = TextRule(
    expected: "a limit: \(ProcessLimit.numbers.keys.sorted().joined(separator: ", "))",
    pattern: "^(\(ProcessLimit.numbers.keys.sorted().joined(separator: "|")))$"
  ) { ProcessLimit.numbers[$0] != nil }

  static let processLimit = TextRule(
    expected: "a limit: a number, unlimited, or soft:hard with soft <= hard",
    pattern: "^([0-9]+|unlimited)(:([0-9]+|unlimited))?$"
  ) { ProcessLimit($0) != nil }

  static let umask = TextRule(
    expected: "an octal number up to 777, such as 027", pattern: "^[0-7]{1,4}$"
  ) { text in
    text.utf8.count <= 4 && (UInt32(text, radix: 8).map { $0 <= 0o777 } ?? false)
  }

  static let ioPriority = TextRule(
    expected: "realtime:0 to realtime:7, best-effort:0 to best-effort:7, or idle",
    pattern: "^((realtime|best-effort):[0-7]|idle)$"
  ) { IOPriority($0) != nil }

  static let seccomp = TextRule(
    expected: "default, unconfined, or the absolute path of a profile",
    pattern: "^(default|unconfined|/.*)$"
  ) { SeccompProfile($0) != nil }
}
