// SPDX-License-Identifier: Apache-2.0

// The test runner's entry. With it the build needs no index of the sources to find the tests:
// Swift Testing finds its tests in the linked program itself. `make test` builds and runs it.
import Testing

@main
struct TestMain {
  static func main() async {
    await Testing.__swiftPMEntryPoint() as Never
  }
}
