// SPDX-License-Identifier: Apache-2.0
import Glibc
import TendonLab
import Testing

/// The smallest lab there is: hosts alone.
private enum BareLab {
  static func configuration(_ name: String, hosts: Int) -> LabConfiguration {
    var configuration = LabConfiguration(name: name, hosts: hosts)
    configuration.runsCoordinator = false
    configuration.runsAgents = false
    configuration.hostMemoryBytes = 256 << 20
    return configuration
  }

  static let canRun = Lab.whyNot(configuration("t-itself", hosts: 1)) == nil
}

extension Labs {
  /// The lab itself, on bare hosts: no coordinator, no agents.
  @Suite(.serialized, .enabled(if: BareLab.canRun), .timeLimit(.minutes(5)))
  struct LabItselfTests {
    /// Runs `body` on a lab of its own and takes the lab down whatever happens.
    func withLab(
      _ name: String, hosts: Int, _ body: (Lab) async throws -> Void
    ) async throws {
      let lab = try await Lab.up(BareLab.configuration(name, hosts: hosts))
      do {
        try await body(lab)
      } catch {
        try await lab.down()
        throw error
      }
      try await lab.down()
    }

    @Test("A host has a kernel of its own with every controller, a disk and its name.")
    func hostIsWhole() async throws {
      try await withLab("t-whole", hosts: 1) { lab in
        let host = lab.hosts[0]
        let controllers = try await lab.shell(host, "cat /sys/fs/cgroup/cgroup.subtree_control")
        #expect(Set(controllers.split(separator: " ")) == ["cpu", "io", "memory", "pids"])
        #expect(try await lab.shell(host, "hostname") == host)
        #expect(try await lab.shell(host, "findmnt -no FSTYPE /run/lab/disk") == "ext4")
        let inside = try await lab.shell(host, "cat /proc/sys/kernel/random/boot_id")
        let status = try await lab.status()
        #expect(status.hosts[0].bootID == inside)
        #expect(status.hosts[0].state == .running)
        let readOnly = try await lab.exec(host, ["touch", "/tendon-lab-was-here"])
        #expect(readOnly.status != 0, "the machine's own root must not be writable")
      }
    }

    @Test("exec passes on exit code, both outputs, signals, and says 127 for what is not there.")
    func execPassesOn() async throws {
      try await withLab("t-exec", hosts: 1) { lab in
        let host = lab.hosts[0]
        let result = try await lab.exec(host, ["sh", "-c", "echo out; echo err >&2; exit 7"])
        #expect(result.status == 7)
        #expect(result.text == "out")
        #expect(result.errorText == "err")
        #expect(try await lab.exec(host, ["sh", "-c", "kill -9 $$"]).status == 137)
        #expect(try await lab.exec(host, ["no-such-program"]).status == 127)
        let large = try await lab.exec(host, ["sh", "-c", "head -c 3000000 /dev/zero"])
        #expect(large.stdout.count == 3_000_000)
        await #expect(throws: LabError.self) {
          try await lab.exec(host, ["sleep", "60"], within: .seconds(1))
        }
        await #expect(throws: LabError.noSuchHost("host9", known: ["host1"])) {
          try await lab.exec("host9", ["true"])
        }
      }
    }

    @Test("kill is a power loss: what was synchronised survives, what was not is gone.")
    func killIsAPowerLoss() async throws {
      try await withLab("t-kill", hosts: 1) { lab in
        let host = lab.hosts[0]
        try await lab.shell(
          host,
          """
          for f in /run/lab/state /run/lab/disk; do echo kept > $f/kept; sync $f/kept $f; done
          echo lost > /run/lab/disk/lost; echo lost > /run/lost
          """)
        let before = try #require(try await lab.status().hosts[0].bootID)
        try await lab.kill(host)
        #expect(try await lab.status().hosts[0].state == .off)
        await #expect(throws: LabError.hostNotRunning(host)) { try await lab.exec(host, ["true"]) }
        await #expect(throws: LabError.hostNotRunning(host)) { try await lab.kill(host) }
        try await lab.start(host)
        #expect(try await lab.status().hosts[0].bootID != before)
        let kept = try await lab.shell(host, "cat /run/lab/state/kept /run/lab/disk/kept")
        #expect(kept == "kept\nkept")
        let lost = try await lab.exec(host, ["ls", "/run/lab/disk/lost", "/run/lost"])
        #expect(lost.status == 2 && lost.text.isEmpty)
        try await lab.reboot(host)
        #expect(try await lab.shell(host, "cat /run/lab/state/kept") == "kept")
      }
    }

    @Test("Hosts reach each other; cut, loss and freeze stop that, and heal and thaw undo it.")
    func networkFaults() async throws {
      try await withLab("t-net", hosts: 2) { lab in
        let address = lab.network.hosts[1]
        waitForAnswer(address)
        #expect(try await neighbourAnswers(lab))
        try await lab.cut(lab.hosts[1])
        #expect(Ping.answered(address, count: 5) == 0)
        #expect(try await !neighbourAnswers(lab))
        #expect(try await lab.shell(lab.hosts[1], "echo still here") == "still here")
        try await lab.heal(lab.hosts[1])
        waitForAnswer(address)
        #expect(try await neighbourAnswers(lab))
        // One way is enough that no answer comes back; who is cut from the coordinator alone is reached by others.
        for direction in [LabCut.Direction.to, .from] {
          try await lab.cut(lab.hosts[1], LabCut(direction))
          #expect(Ping.answered(address, count: 3) == 0)
          try await lab.cut(lab.hosts[1], LabCut(direction, peer: .coordinator))
          #expect(try await neighbourAnswers(lab))
          let coordinator = lab.network.coordinator
          let result = try await lab.exec(
            lab.hosts[1], ["timeout", "2", "bash", "-c", "exec 3<>/dev/tcp/\(coordinator)/22"])
          #expect(result.status == 124, "neither taken nor refused: \(result)")
        }
        try await lab.heal(lab.hosts[1])
        waitForAnswer(address)
        try await lab.loss(lab.hosts[1], percent: 50)
        // Both ways: a quarter of 60 comes back; 1 to 40 is more than four deviations wide.
        #expect((1...40).contains(Ping.answered(address, count: 60)))
        try await lab.loss(lab.hosts[1], percent: 0)
        #expect(Ping.answered(address, count: 20) == 20)
        try await lab.freeze(lab.hosts[1])
        #expect(Ping.answered(address, count: 5) == 0)
        #expect(try await lab.status().hosts[1].state == .frozen)
        try await lab.thaw(lab.hosts[1])
        waitForAnswer(address)
      }
    }

    @Test("The host's clock goes on while it is frozen and follows the machine's, until it is set.")
    func clockFollows() async throws {
      try await withLab("t-clock", hosts: 1) { lab in
        try await lab.freeze(lab.hosts[0])
        try await Task.sleep(for: .seconds(2))  // The time that passes is what is tested.
        try await lab.thaw(lab.hosts[0])
        func ahead() async throws -> Int {
          let inside = try #require(Int(try await lab.shell(lab.hosts[0], "date +%s")))
          return inside - time(nil)
        }
        #expect(try await abs(ahead()) <= 1)
        try await lab.stepClock(lab.hosts[0], bySeconds: 3600)
        #expect(try await abs(ahead() - 3600) <= 1)
        try await lab.stepClock(lab.hosts[0], bySeconds: -7200)
        #expect(try await abs(ahead() + 3600) <= 1)
        #expect(try await lab.status().hosts[0].clockStepSeconds == -3600)
        try await lab.reboot(lab.hosts[0])
        #expect(try await abs(ahead()) <= 1, "it takes the machine's time")
        #expect(try await lab.status().hosts[0].clockStepSeconds == 0)
      }
    }

    @Test("down leaves no process, namespace, link, cgroup or folder, and may be repeated.")
    func downLeavesNothing() async throws {
      let lab = try await Lab.up(BareLab.configuration("t-down", hosts: 2))
      let pids = try await lab.status().hosts.compactMap(\.pid)
      #expect(pids.count == 2)
      await #expect(throws: LabError.self) {
        try await Lab.up(BareLab.configuration("t-down", hosts: 1))
      }
      try await lab.down()
      try await lab.down()
      for pid in pids { #expect(access("/proc/\(pid)/cwd", F_OK) != 0) }
      #expect(access("/run/netns/tendon-t-down", F_OK) != 0)
      #expect(access("\(lab.paths.root)", F_OK) != 0)
      #expect(access("/sys/class/net/\(lab.network.machineLink)", F_OK) != 0)
    }

    @Test("A lab whose own process was killed half-way is cleared by the next up of that name.")
    func crashIsCleared() async throws {
      let up = ["up", "--name", "t-crash", "--hosts", "2", "--no-coordinator", "--no-agent"]
      let program = "\(LabConfiguration.defaultBinaries())/tendon-lab"
      let words = ([program] + up).map { strdup($0) }
      defer { for word in words { free(word) } }
      var pid: pid_t = 0
      #expect(posix_spawn(&pid, program, nil, nil, words + [nil], environ) == 0)
      let deadline = ContinuousClock.now + .seconds(20)
      while access("/run/netns/tendon-t-crash", F_OK) != 0, ContinuousClock.now < deadline {
        usleep(1_000)
      }
      usleep(100_000)  // Somewhere between the namespace and the last boot; any point will do.
      kill(pid, SIGKILL)
      var status: Int32 = 0
      waitpid(pid, &status, 0)
      #expect(access("/run/netns/tendon-t-crash", F_OK) == 0, "it was killed half-way")
      try await withLab("t-crash", hosts: 1) { lab in
        let said = try await lab.shell("host1", "echo alive")
        #expect(said == "alive")
      }
      #expect(access("/run/netns/tendon-t-crash", F_OK) != 0)
    }

    @Test("Two labs are up at once on subnets of their own.")
    func labsCoexist() async throws {
      try await withLab("t-one", hosts: 1) { one in
        try await withLab("t-two", hosts: 1) { two in
          #expect(one.network.hosts != two.network.hosts)
          let addresses = try await two.shell("host1", "hostname -I")
          #expect(addresses.contains(two.network.hosts[0]))
        }
        #expect(try await one.shell("host1", "echo alive") == "alive")
      }
    }

    /// Whether host1 reaches host2: a refused connection is an answer, too.
    private func neighbourAnswers(_ lab: Lab) async throws -> Bool {
      let connect = "exec 3<>/dev/tcp/\(lab.network.hosts[1])/1"
      let result = try await lab.exec(lab.hosts[0], ["timeout", "2", "bash", "-c", connect])
      return result.errorText.contains("refused")
    }

    private func waitForAnswer(_ address: String) {
      for _ in 0..<50 where Ping.answered(address, count: 1) == 0 {}
      #expect(Ping.answered(address, count: 1) == 1)
    }
  }
}
