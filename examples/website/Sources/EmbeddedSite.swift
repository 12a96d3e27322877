// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The site in `examples/website/site`, built into the program so that one file is all there is to deploy.
struct EmbeddedSite: Site {
  func entry(at path: String) -> SiteEntry {
    switch path {
    case "/", "/index.html": .file(ByteBuffer(bytes: PackageResources.index_html))
    case "/style.css": .file(ByteBuffer(bytes: PackageResources.style_css))
    default: .nothing
    }
  }
}
