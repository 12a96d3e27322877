// SPDX-License-Identifier: Apache-2.0
import TendonModel
import Testing

@testable import TendonCoordinator

@Suite("The API's errors")
struct ErrorShapeTests {
  @Test("Without the right token every route answers 401 in JSON, and only health is open.")
  func tokens() async throws {
    try await TestCluster.run { cluster in
      let userRoute = "/v1/services"
      let agentRoute = "/v1/agents/h1/stream?session=1"
      for (path, token) in [
        (userRoute, nil), (userRoute, "wrong"), (userRoute, TestCluster.joinToken),
        (userRoute, TestCluster.apiToken + "x"), (agentRoute, TestCluster.apiToken),
        (agentRoute, nil), ("/v1/version", nil),
      ] as [(String, String?)] {
        let answer = try await cluster.call("GET", path, token: token)
        #expect(answer.status == 401, "\(path) \(token ?? "nil")")
        #expect(try answer.error().code == .unauthorized)
        #expect(answer.headers["www-authenticate"] == "Bearer")
      }
      #expect(try await cluster.call("GET", "/healthz", token: nil).status == 200)
      #expect(try await cluster.call("GET", userRoute).status == 200)
    }
  }

  @Test("An unknown path is 404, and a wrong method 405 with those that are right, both in JSON.")
  func routes() async throws {
    try await TestCluster.run { cluster in
      let unknown = try await cluster.call("GET", "/v1/nothing")
      #expect(unknown.status == 404)
      #expect(try unknown.error().message.contains("/v1/nothing"))
      let method = try await cluster.call("PUT", "/v1/services/web")
      #expect(method.status == 405)
      #expect(method.headers["allow"] == "DELETE, GET")
      #expect(try method.error().code == .badRequest)
    }
  }

  @Test(
    "A malformed body is 400 with the path of the key.",
    arguments: [
      (#"{"replicas": "three"}"#, "replicas", "must be a whole number"),
      (#"{}"#, "replicas", "is missing"), (#"{"replicas": null}"#, "replicas", "must not be null"),
      (#"{"replicas": "#, nil, "is not valid JSON"), ("", nil, "is not valid JSON"),
    ] as [(String, String?, String)])
  func bodies(body: String, subject: String?, message: String) async throws {
    try await TestCluster.run { cluster in
      _ = try await cluster.applyWeb()
      let answer = try await cluster.call("POST", "/v1/services/web/scale", body)
      #expect(answer.status == 400)
      let detail = try #require(try answer.error().details.first)
      #expect(detail.subject == subject)
      #expect(detail.message == message)
    }
  }

  @Test("A key deep in a body is named by its whole path.")
  func deep() async throws {
    try await TestCluster.run { cluster in
      let answer = try await cluster.call(
        "POST", "/v1/services/web/resize", #"{"change": {"memory_limit": "12parsecs"}}"#)
      #expect(answer.status == 400)
      #expect(try answer.error().details.first?.subject == "change.memory_limit")
    }
  }

  @Test("A body above 4 MiB is 413.")
  func large() async throws {
    try await TestCluster.run { cluster in
      let answer = try await cluster.call(
        "POST", "/v1/apply", String(repeating: "#", count: (4 << 20) + 1), type: "application/yaml")
      #expect(answer.status == 413)
      #expect(try answer.error().code == .tooLarge)
    }
  }

  @Test(
    "A malformed name or parameter is 400 and named.",
    arguments: [
      ("GET", "/v1/services/Web", "Web"), ("GET", "/v1/instances/web", "web"),
      ("GET", "/v1/hosts/-", "host name"), ("GET", "/v1/events?limit=-1", "limit"),
      ("GET", "/v1/events?since=x", "since"), ("GET", "/v1/events?host=A", "host"),
      ("GET", "/v1/services?watch=perhaps", "watch"), ("GET", "/v1/instances?service=_", "service"),
      ("GET", "/v1/instances/web.0/logs?stream=both", "stream"),
      ("GET", "/v1/instances/web.0/logs?tail=many", "tail"),
    ])
  func parameters(method: String, path: String, word: String) async throws {
    try await TestCluster.run { cluster in
      let answer = try await cluster.call(method, path)
      #expect(answer.status == 400)
      #expect(try answer.error().message.contains(word))
    }
  }

  @Test(
    "What is not there is 404 and named.",
    arguments: [
      ("GET", "/v1/services/nope"), ("DELETE", "/v1/services/nope"), ("GET", "/v1/hosts/nope"),
      ("GET", "/v1/instances/nope.0"), ("GET", "/v1/instances/nope.0/limits"),
      ("GET", "/v1/instances/nope.0/logs"), ("GET", "/v1/why/nope"),
    ])
  func missing(method: String, path: String) async throws {
    try await TestCluster.run { cluster in
      let answer = try await cluster.call(method, path)
      #expect(answer.status == 404)
      #expect(try answer.error().message.contains("nope"))
    }
  }

  @Test("Faulty specs come back with their lines, all at once, and nothing is applied.")
  func specs() async throws {
    try await TestCluster.run { cluster in
      let answer = try await cluster.apply(
        "name: good\ncommand: [a]\n---\nname: Bad\ncommand: [b]\nreplicas: many\n")
      #expect(answer.status == 400)
      let details = try answer.error().details
      #expect(details.contains { $0.line == 4 } && details.contains { $0.line == 6 })
      #expect(try await cluster.call("GET", "/v1/services").text == "[]")
    }
  }
}
