// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// What a static site has at a path.
enum SiteEntry: Sendable {
  case file(ByteBuffer)
  /// A folder with an index page, asked for without its final slash.
  case folder
  case nothing
}

/// Some files to serve.
protocol Site: Sendable {
  /// What is there; the path begins with a slash and is percent-decoded. May block.
  /// - Throws: when a file that is there cannot be read.
  func entry(at path: String) throws -> SiteEntry
}

/// Serves a site's files as they are.
struct StaticResponder: Responder {
  let site: any Site

  func response(to request: Request, in context: WorkContext) -> EventLoopFuture<Response> {
    let path = request.path
    return context.workshop.run(on: context.loop) { try site.entry(at: path) }.map { entry in
      switch entry {
      case .file(let bytes):
        let name = path.hasSuffix("/") ? "index.html" : path
        return Response(type: ContentType.of(name), body: bytes)
      case .folder: return .moved(to: Self.encoded(path) + "/")
      case .nothing: return .notFound
      }
    }
  }

  /// The path for a header: everything but unreserved characters and slashes percent-encoded, and
  /// without a second slash in front, which would name another server.
  private static func encoded(_ path: String) -> String {
    var result = "/"
    for byte in path.utf8.drop(while: { $0 == UInt8(ascii: "/") }) {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
        UInt8(ascii: "."), UInt8(ascii: "~"), UInt8(ascii: "/"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        result += "%" + (digits.count == 1 ? "0" : "") + digits
      }
    }
    return result
  }
}

/// Content types by the end of a file's name.
enum ContentType {
  private static let byExtension = [
    "html": "text/html; charset=utf-8", "htm": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8", "txt": "text/plain; charset=utf-8",
    "md": "text/markdown; charset=utf-8", "json": "application/json", "xml": "application/xml",
    "svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg",
    "gif": "image/gif", "webp": "image/webp", "ico": "image/x-icon", "woff2": "font/woff2",
    "pdf": "application/pdf", "wasm": "application/wasm",
  ]

  static func of(_ path: String) -> String {
    let name = path.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: ".") else { return "application/octet-stream" }
    return byExtension[name[name.index(after: dot)...].lowercased()] ?? "application/octet-stream"
  }
}
