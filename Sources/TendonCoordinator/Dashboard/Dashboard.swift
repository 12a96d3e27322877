// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import NIOCore

/// The web page that shows the cluster. Its files hold no secrets, so everybody may read them; what they show they
/// ask the API for, with the token that the reader gives.
enum Dashboard {
  struct File: Sendable {
    let path: String
    let type: String
    let bytes: [UInt8]
  }

  static let files = [
    File(path: "/", type: "text/html; charset=utf-8", bytes: PackageResources.dashboard_html),
    File(
      path: "/dashboard.css", type: "text/css; charset=utf-8",
      bytes: PackageResources.dashboard_css),
    File(
      path: "/dashboard.js", type: "text/javascript; charset=utf-8",
      bytes: PackageResources.dashboard_js),
  ]

  /// Nothing but our own script and style, nothing inline, no frames: whatever a log line or an event says stays text.
  static let headers: HTTPFields = [
    .contentSecurityPolicy: "default-src 'none'; script-src 'self'; style-src 'self'; "
      + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    .xContentTypeOptions: "nosniff",
    .cacheControl: "no-cache",
  ]
}

extension APIRouter {
  mutating func addDashboard() {
    for file in Dashboard.files {
      on(.get, file.path, for: .everybody) { _, _ in
        var headers = Dashboard.headers
        headers[.contentType] = file.type
        return Response(
          status: .ok, headers: headers,
          body: ResponseBody(byteBuffer: ByteBuffer(bytes: file.bytes)))
      }
    }
  }
}
