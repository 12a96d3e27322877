// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import NIOHTTP1

/// A page that greets, says which instance answers, and does work when asked.
struct DynamicResponder: Responder {
  /// Unicode scalars of a name; more is refused.
  private static let longestName = 200

  private let instance = Environment.value("TENDON_INSTANCE") ?? "-"
  private let host = Environment.value("TENDON_HOST") ?? "-"
  private let started = Clock.timestamp()

  func response(to request: Request, in context: WorkContext) -> EventLoopFuture<Response> {
    let loop = context.loop
    guard request.path == "/" else { return loop.makeSucceededFuture(.notFound) }
    let name = request.parameter("name") ?? "世界"
    guard name.unicodeScalars.count <= Self.longestName else {
      return loop.makeSucceededFuture(
        .badRequest("A name has at most \(Self.longestName) characters."))
    }
    guard let text = request.parameter("work") else {
      return loop.makeSucceededFuture(.html(page(name: name, work: nil)))
    }
    let work: Work
    do throws(Work.Fault) {
      work = try Work(text)
    } catch {
      return loop.makeSucceededFuture(.badRequest(error.message))
    }
    return context.workshop.perform(work, on: loop).map { took in
      .html(page(name: name, work: "\(text): \(took.nanoseconds / 1_000_000) ms"))
    }.flatMapErrorThrowing { error in
      switch error as? Workshop.Refusal {
      case .tooMuchAtOnce:
        return .text("Too much work is going on already.", status: .serviceUnavailable)
      case .noMemory(let code):
        let reason = String(cString: strerror(code))
        return .text("There is not that much memory: \(reason)", status: .insufficientStorage)
      case nil: throw error
      }
    }
  }

  private func page(name: String, work: String?) -> String {
    let facts =
      [
        ("Instance", instance), ("Host", host), ("Process", String(getpid())),
        ("Running since", started),
      ] + (work.map { [("Work done", $0)] } ?? [])
    let rows = facts.map { "<dt>\($0.0)</dt><dd>\($0.1.escapedForHTML)</dd>" }
    return """
      <!doctype html>
      <html lang="zh">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>动态网站 - \(name.escapedForHTML)</title>
      <style>
      body { margin: 0; min-height: 100vh; display: grid; place-items: center;
        background: #10151f; color: #e8edf5; font: 17px/1.6 system-ui, sans-serif; }
      main { padding: 2rem; max-width: 40rem; }
      h1 { font-size: 2.2rem; line-height: 1.2; margin: 0 0 1.5rem; overflow-wrap: anywhere; }
      dl { display: grid; grid-template-columns: auto 1fr; gap: .3rem 1.5rem; margin: 0; }
      dt { color: #8fa3bf; } dd { margin: 0; font-family: ui-monospace, monospace; }
      </style>
      </head>
      <body>
      <main>
      <h1>动态网站 - \(name.escapedForHTML)</h1>
      <dl>
      \(rows.joined(separator: "\n"))
      </dl>
      </main>
      </body>
      </html>

      """
  }
}

extension String {
  /// The text so that HTML shows it as it is, in content and in quoted attributes.
  var escapedForHTML: String {
    var result = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
