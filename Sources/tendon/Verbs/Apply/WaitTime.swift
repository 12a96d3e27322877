// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonModel

/// How long to wait: `30s`, `5m`.
struct WaitTime: Hashable, ExpressibleByArgument, CustomStringConvertible {
  static let standard = WaitTime(span: .seconds(60))

  let span: Span

  init(span: Span) { self.span = span }

  init?(argument: String) {
    // The parser names the text and the option; there is no room for a reason.
    guard let span = try? Span(argument) else { return nil }
    self.span = span
  }

  var description: String { span.description }
}
