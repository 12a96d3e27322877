// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Strings as execve(2) takes them: an array of C strings that ends with NULL.
struct CStrings: ~Copyable {
  private let array: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private let count: Int

  init(_ strings: [String]) {
    count = strings.count
    array = .allocate(capacity: count + 1)
    for (index, string) in strings.enumerated() { (array + index).initialize(to: strdup(string)) }
    (array + count).initialize(to: nil)
  }

  deinit {
    for index in 0..<count { free(array[index]) }
    array.deallocate()
  }

  borrowing func withPointer<Value>(
    _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Value
  ) -> Value {
    body(array)
  }
}
