// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import Testing

@Suite("Folders with places of their own on the disk")
struct SpreadFolderTests {
  @Test(
    "The hint is given where the file system takes it, again without harm, and is no error elsewhere."
  )
  func hint() throws {
    let folder = try ScratchFolder()
    let answer = tendon_spread_subdirectories(folder.path)
    #expect([0, -ENOTTY, -EOPNOTSUPP].contains(answer))
    #expect(tendon_spread_subdirectories(folder.path) == answer)
    #expect(tendon_spread_subdirectories(folder.path + "/missing") == -ENOENT)
  }
}
