// SPDX-License-Identifier: Apache-2.0
import Glibc
import TendonModel
import Testing

@testable import TendonLinux

@Suite("Limits of directories where there are none to be had")
struct DirectoryQuotaTests {
  private let limit = Limit.value(Bytes.mebibytes(1))

  @Test("A file system without project quotas is told, with what would have them.")
  func noQuotas() throws {
    var template = Array("/dev/shm/tendon-quota-XXXXXX".utf8CString)
    let made = try #require(mkdtemp(&template), "there is a tmpfs at /dev/shm")
    let folder = String(cString: made)
    defer { rmdir(folder) }
    let quotas = DirectoryQuotas(folder: folder)
    let report = quotas.apply(limit, to: folder)
    #expect(!report.isInForce && report.written == nil && report.readBack == nil)
    #expect(report.note?.contains("this file system has no project quotas") == true, "\(report)")
    let read = quotas.read(limit, of: folder)
    #expect(!read.isInForce && read.note != nil)
    // Nothing was asked for, so nothing is amiss.
    #expect(quotas.read(.max, of: folder).isInForce)
    #expect(quotas.apply(.max, to: folder).isInForce)
    #expect(quotas.release(folder) == nil)
  }

  @Test("Where the instance has no directory of its own, that is the reason.")
  func noDirectory() {
    let quotas = DirectoryQuotas(folder: "/nowhere")
    #expect(quotas.apply(limit, to: nil).note?.contains("workdir") == true)
    #expect(quotas.read(.max, of: nil).isInForce)
    #expect(quotas.apply(limit, to: "/nowhere/x").note?.contains("is not there") == true)
    #expect(quotas.release("/nowhere/x") == nil)
  }
}
