// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonClient
import TendonModel

struct TaintHosts: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "taint", abstract: "Keep instances off hosts, except those that tolerate it.",
    discussion: """
      A taint is KEY, KEY=VALUE, KEY:EFFECT or KEY=VALUE:EFFECT. The effect says what it keeps off: avoid (nothing new \
      where another host will do), refuse (nothing new; so without an effect) or evict (nothing new, and what runs there \
      moves). It holds for every service whose placement.tolerate does not name it. A taint with the same key replaces \
      the one before.
      """)

  @OptionGroup var global: GlobalOptions

  @Argument(help: "The taint, such as gpu=true:refuse.", transform: Taint.init(_:))
  var taint: Taint
  @OptionGroup var arguments: HostArguments

  func run() async throws {
    try await arguments.each(global) { try await $0.taint($1, TaintRequest(add: [taint])) }
  }
}

struct UntaintHosts: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "untaint", abstract: "Take taints off hosts.")

  @OptionGroup var global: GlobalOptions

  @Argument(help: "The key of the taint, KEY=VALUE, or * for all.", transform: Toleration.init(_:))
  var which: Toleration
  @OptionGroup var arguments: HostArguments

  func run() async throws {
    try await arguments.each(global) { try await $0.taint($1, TaintRequest(remove: [which])) }
  }
}
