// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import TendonSystemd

@Suite struct NoticeTests {
  @Test("A status stays one line, so that it cannot say anything else to systemd.")
  func statusIsOneLine() {
    #expect(ServiceManager.Notice.status("two\nREADY=1").line == "STATUS=two READY=1")
    #expect(ServiceManager.Notice.ready.line == "READY=1")
    #expect(ServiceManager.Notice.alive.line == "WATCHDOG=1")
  }

  @Test("The scope lies in the slice, below the mount point.")
  func scopePath() {
    #expect(DelegatedScope.instances.cgroup == "/tendon.slice/tendon-instances.scope")
  }

  @Test("A placeholder is a living process of ours until it is ended, and then not even a zombie.")
  func placeholderLivesAndEnds() throws {
    let placeholder = try DelegatedScope.Placeholder.start()
    #expect(kill(placeholder.pid, 0) == 0)
    placeholder.end()
    #expect(kill(placeholder.pid, 0) == -1 && errno == ESRCH)
  }
}
