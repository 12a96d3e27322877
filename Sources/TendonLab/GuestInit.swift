// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
package import SystemPackage

/// PID 1 of a host: mounts, brings up the network, keeps the agent running, answers the lab.
///
/// One thread, one loop: it sleeps until a child ends or it is time to look into the box again.
package struct GuestInit {
  private let configuration: GuestConfiguration
  private var agent: GuestAgent
  private var mailbox: GuestMailbox
  private let start = ContinuousClock.now

  /// Runs as PID 1 and never returns but by an error, which ends the host.
  ///
  /// - Parameter box: the host's box on the machine; the kernel passes it on as `tendon_box`.
  package static func run(box: FilePath) throws(LabError) {
    guard getpid() == 1 else {
      throw .refused("guest-init is what a lab's hosts start; it must be process 1 there")
    }
    if let configuration = try LabJSON.read(
      GuestConfiguration.self, box.appending("guest.json")), configuration.systemd
    {
      try GuestSystemd.become(configuration)
    }
    try blockChildSignal()
    var guest = try GuestInit(configuration: GuestMounts.mountAll(box: box))
    try guest.loop()
  }

  /// The same as a service of systemd's, which has mounted and started everything else.
  package static func runAsService() throws(LabError) {
    let path = GuestPaths.box.appending("guest.json")
    guard let configuration = try LabJSON.read(GuestConfiguration.self, path) else {
      throw .file(operation: "read", path: path, errno: .noSuchFileOrDirectory)
    }
    try blockChildSignal()
    var guest = try GuestInit(configuration: configuration)
    try guest.loop()
  }

  private static func blockChildSignal() throws(LabError) {
    let error = tendon_lab_block_child_signal()
    guard error == 0 else {
      throw .couldNotStart(program: "guest-init", errno: Errno(rawValue: error))
    }
  }

  /// What the kernel's command line says, passed on as a variable.
  package static func boxFromKernel() -> String? { Environment["tendon_box"] }

  private init(configuration: GuestConfiguration) throws(LabError) {
    self.configuration = configuration
    try GuestSetup.run(configuration)
    agent = GuestAgent(configuration)
    mailbox = GuestMailbox(box: GuestPaths.box)
  }

  private mutating func loop() throws(LabError) {
    try agent.startIfDue()
    try LabJSON.write(
      GuestSetup.ready(configuration, since: start), GuestPaths.box.appending("ready.json"))
    while true {
      do throws(LabError) {
        try reap()
        if try mailbox.serve(agent: &agent) { try end() }
        try agent.startIfDue()
        tendon_lab_wait_for_child(mailbox.nextLookMilliseconds)
      } catch {
        // A machine does not go down over a file that could not be written.
        GuestLog.say("\(error)")
        tendon_lab_wait_for_child(1_000)
      }
    }
  }

  /// Takes every child that has ended, also those inherited from processes that died.
  private mutating func reap() throws(LabError) {
    var status: Int32 = 0
    while true {
      let pid = tendon_lab_wait(-1, false, &status)
      guard pid > 0 else { return }
      agent.ended(pid, status: status)
      try mailbox.ended(pid, status: status)
    }
  }

  private func end() throws(LabError) {
    sync()
    let error = tendon_lab_halt()
    throw .couldNotStart(program: "halt", errno: Errno(rawValue: error))
  }
}
