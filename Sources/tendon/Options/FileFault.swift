// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials

/// Why a file could not be read, in the kernel's words where it has some.
enum FileFault {
  static func reason(_ error: any Error) -> String {
    guard let error = error as? CocoaError else { return String(describing: error) }
    switch error.code {
    case .fileReadNoSuchFile, .fileNoSuchFile: return "no such file"
    case .fileReadNoPermission: return "permission denied"
    case .fileReadTooLarge: return "it is too large"
    default: return String(describing: error)
    }
  }
}
