// SPDX-License-Identifier: Apache-2.0
import TendonModel
import Testing

@testable import TendonCoordinator

@Suite("Releasing instances over the API")
struct ReleaseTests {
  @Test("What is not there is 404 with what is; of what nothing is held against, that is said.")
  func release() async throws {
    try await TestCluster.run { cluster in
      _ = try await cluster.applyWeb()
      for (path, says) in [
        ("/v1/services/nobody/release", "there is no service nobody; there are: web"),
        ("/v1/instances/web.3/release", "web has 1 instance: there is no slot 3"),
      ] {
        let answer = try await cluster.call("POST", path)
        #expect(answer.status == 404, "\(path)")
        #expect(try answer.error().message == says)
      }
      for path in ["/v1/services/web/release", "/v1/instances/web.0/release"] {
        #expect(try await cluster.call("POST", path).status == 200, "\(path)")
      }
      let malformed = try await cluster.call("POST", "/v1/instances/web/release")
      #expect(malformed.status == 400)
    }
  }
}
