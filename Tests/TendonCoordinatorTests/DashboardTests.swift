// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TendonCoordinator

@Suite("The dashboard")
struct DashboardTests {
  @Test("Its page, and all that the page refers to, is served to everybody, with its type.")
  func files() async throws {
    try await TestCluster.run { cluster in
      let page = try await cluster.call("GET", "/", token: nil)
      #expect(page.status == 200)
      #expect(page.headers["content-type"] == "text/html; charset=utf-8")
      let references = page.text.matches(of: /(?:href|src)="([^"]+)"/).map { String($0.1) }
      #expect(Set(references) == ["/dashboard.css", "/dashboard.js"])
      for (path, type) in [("/dashboard.css", "text/css"), ("/dashboard.js", "text/javascript")] {
        let answer = try await cluster.call("GET", path, token: nil)
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"] == "\(type); charset=utf-8")
        #expect(!answer.text.isEmpty)
      }
    }
  }

  @Test("It may load nothing from elsewhere, run nothing inline, and makes no markup of texts.")
  func policy() async throws {
    try await TestCluster.run { cluster in
      let page = try await cluster.call("GET", "/", token: nil)
      let policy = try #require(page.headers["content-security-policy"])
      #expect(policy.hasPrefix("default-src 'none'; script-src 'self'"))
      #expect(!policy.contains("unsafe"))
      #expect(page.text.firstMatch(of: /<script(?![^>]*\bsrc=)|\bon\w+=|\bstyle=/) == nil)
      let script = try await cluster.call("GET", "/dashboard.js", token: nil)
      for maker in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
        #expect(!script.text.contains(maker))
      }
    }
  }

  @Test("Every path of the API that the script asks is one that the API has.")
  func paths() async throws {
    try await TestCluster.run { cluster in
      let script = try await cluster.call("GET", "/dashboard.js", token: nil).text
      let asked = Set(script.matches(of: /["`](\/v1\/[a-z]+)/).map { String($0.1) })
      #expect(
        asked == [
          "/v1/events", "/v1/hosts", "/v1/instances", "/v1/reservations", "/v1/services",
          "/v1/version", "/v1/why",
        ])
      for path in asked where path != "/v1/why" {
        #expect(try await cluster.call("GET", path).status == 200, "\(path)")
      }
    }
  }
}
