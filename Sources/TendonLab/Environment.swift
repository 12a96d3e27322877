// SPDX-License-Identifier: Apache-2.0
import Glibc

/// This process's environment.
enum Environment {
  static subscript(name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    return String(cString: value)
  }
}
