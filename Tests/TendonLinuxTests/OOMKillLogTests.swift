// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TendonLinux
@testable import TendonModel

@Suite struct OOMKillLogTests {
  private static let old = """
    Tasks state (memory values in pages):
    [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
    [    700]     0   700      600      100    40960        0             0 sh
    [    731]     0   731    10210     6400    45056        0             0 perl
    oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/tendon/web.slice,task_memcg=/tendon/web.slice/web.0@7,task=perl,pid=731,uid=0
    """

  private static let new = """
    Tasks state (memory values in pages):
    [  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name
    [     12]    33    12    10210       64       60        4         0    45056        0             0 a b
    oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/x/web.slice/web.0@8/inner,task=a b,pid=12,uid=33
    """

  private func found(_ text: String, epoch: UInt64, limit: Int = 3) throws -> [String] {
    let leaf = CgroupLeaf(instance: try InstanceID("web.0"), epoch: Epoch(epoch))
    return OOMKillLog.processes(of: leaf, in: text.split(separator: "\n"), limit: limit)
      .map { "\($0.name) \($0.pid) \($0.resident.rawValue / PageSize.bytes)" }
  }

  @Test("The processes of the kill in that very cgroup are told, largest first.")
  func tables() throws {
    #expect(try found(Self.old, epoch: 7) == ["perl 731 6400", "sh 700 100"])
    #expect(try found(Self.old, epoch: 7, limit: 1) == ["perl 731 6400"])
    #expect(try found(Self.new, epoch: 8) == ["a b 12 64"])
    #expect(try found(Self.old + "\n" + Self.new, epoch: 7) == ["perl 731 6400", "sh 700 100"])
    #expect(try found(Self.new + "\n" + Self.old, epoch: 8) == ["a b 12 64"])
  }

  @Test("Another cgroup's kill, and a log that is no table, tell nothing.")
  func nothing() throws {
    #expect(try found(Self.old, epoch: 77).isEmpty)
    #expect(try found("", epoch: 7).isEmpty)
    #expect(
      try found("[ drm ] ready\n[\n[x]\noom-kill:task_memcg=/web.slice/web.0@7", epoch: 7).isEmpty)
    #expect(
      try found(
        Self.old.replacing("rss pgtables", with: "gone pgtables"), epoch: 7
      ).isEmpty)
  }
}
