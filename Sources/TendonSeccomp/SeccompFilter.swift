// SPDX-License-Identifier: Apache-2.0

import CSeccomp
import Glibc

/// A filter under construction (seccomp(2)), compiled by libseccomp.
struct SeccompFilter: ~Copyable {
  enum Action: Hashable {
    case allow, log, kill
    case refuse(errno: Int32)

    var rawValue: UInt32 {
      switch self {
      case .allow: tendon_seccomp_allow()
      case .log: tendon_seccomp_log()
      case .kill: tendon_seccomp_kill()
      case .refuse(let errno): tendon_seccomp_refuse(errno)
      }
    }
  }

  /// Holds where an argument, as far as `mask` goes, is (or is not) `value`.
  struct Condition {
    var argument: UInt32
    var mask: UInt64
    var value: UInt64
  }

  /// The kernel's limit of instructions, 8 bytes each.
  private static let largest = 4096 * 8

  private let context: scmp_filter_ctx

  /// For this machine's own system calls; those of another architecture end the process.
  init(otherwise action: Action) throws(SeccompError) {
    guard let context = seccomp_init(action.rawValue) else {
      throw .library(call: "seccomp_init", errno: ENOMEM)
    }
    self.context = context
    // A search tree instead of a list: fewer comparisons per system call. Older libraries have none.
    _ = seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2)
  }

  deinit { seccomp_release(context) }

  /// - Returns: false for an architecture that libseccomp does not know.
  func add(architecture name: String) throws(SeccompError) -> Bool {
    let token = seccomp_arch_resolve_name(name)
    guard token != 0 else { return false }
    let answer = seccomp_arch_add(context, token)
    guard answer == 0 || answer == -EEXIST else {
      throw .library(call: "seccomp_arch_add \(name)", errno: -answer)
    }
    return true
  }

  /// - Returns: false for a system call that libseccomp does not know.
  func add(
    _ action: Action, _ name: String, where condition: Condition? = nil
  ) throws(SeccompError) -> Bool {
    let number = seccomp_syscall_resolve_name(name)
    guard number != __NR_SCMP_ERROR else { return false }
    var comparison = scmp_arg_cmp()
    if let condition {
      comparison.arg = condition.argument
      comparison.op = SCMP_CMP_MASKED_EQ
      comparison.datum_a = condition.mask
      comparison.datum_b = condition.value
    }
    let answer = seccomp_rule_add_array(
      context, action.rawValue, number, condition == nil ? 0 : 1, &comparison)
    // EDOM: it does not exist on this architecture, so nobody can call it.
    guard answer == 0 || answer == -EDOM || answer == -EEXIST else {
      throw .library(call: "seccomp_rule_add \(name)", errno: -answer)
    }
    return true
  }

  /// The program as the kernel takes it.
  func compiled() throws(SeccompError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Self.largest)
    let length = tendon_seccomp_export(context, &bytes, bytes.count)
    guard length > 0 else { throw .library(call: "seccomp_export_bpf", errno: Int32(-length)) }
    return Array(bytes[..<length])
  }
}
