// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import SystemPackage

/// What a host sets up between mounting and running.
enum GuestSetup {
  static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
  private static let cgroupRoot: FilePath = "/sys/fs/cgroup"

  static func run(_ configuration: GuestConfiguration) throws(LabError) {
    let error = tendon_lab_set_hostname(configuration.hostName)
    guard error == 0 else {
      throw .couldNotStart(program: "hostname", errno: Errno(rawValue: error))
    }
    // The kernel gives init few variables; the agent and exec'd commands inherit these.
    // What the kernel made of its command line is nobody's business any more.
    for name in ["tendon_box", "tendon_program", "uml_dir", "mem", "TERM"] { unsetenv(name) }
    // The examples' programs lie beside the agent; instances search the agent's PATH.
    let programs = configuration.agent?.first.map { FilePath($0).removingLastComponent().string }
    let folders = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    setenv("PATH", programs.map { "\(folders):\($0)" } ?? folders, 1)
    setenv("HOME", "/root", 1)
    setenv("TENDON_HOST", configuration.hostName, 1)
    if !configuration.systemd { try enableControllers(isRoot: configuration.driver == .uml) }
    try setUpNetwork(configuration)
    guard !configuration.systemd else { return }
    try LabFile.makeFolder(GuestPaths.logs)
    try LabFile.makeFolder("/run/tendon")
  }

  /// Hands every controller that is there down to the children of the root.
  private static func enableControllers(isRoot: Bool) throws(LabError) {
    if !isRoot {
      // Only a real root may hold processes beside children with controllers.
      let own = cgroupRoot.appending("lab-init")
      try LabFile.makeFolder(own)
      try LabFile.writeAttribute(own.appending("cgroup.procs"), "0")
    }
    let words = try controllers().filter(MachineCgroups.wanted.contains).map { "+" + $0 }
    try LabFile.writeAttribute(
      cgroupRoot.appending("cgroup.subtree_control"), words.joined(separator: " "))
  }

  private static func controllers() throws(LabError) -> [String] {
    let text = try LabFile.text(cgroupRoot.appending("cgroup.controllers")) ?? ""
    return text.split { $0 == " " || $0 == "\n" }.map(String.init)
  }

  private static func setUpNetwork(_ configuration: GuestConfiguration) throws(LabError) {
    let batch: FilePath = "/run/lab/network"
    let commands = """
      link set lo up
      addr replace \(configuration.address) dev \(configuration.interface)
      link set \(configuration.interface) up

      """
    try LabFile.write(batch, [UInt8](commands.utf8))
    try LabCommand("ip", "-batch", batch.string).run()
  }

  /// What the lab hears once all is there.
  static func ready(
    _ configuration: GuestConfiguration, since start: ContinuousClock.Instant
  ) throws(LabError) -> GuestReady {
    return GuestReady(
      bootID: try ProcessRecord.currentBootID(),
      controllers: try controllers(),
      uptimeSeconds: try uptime(configuration, since: start))
  }

  /// A kernel of its own counts from its boot; for a namespace host only init's own start counts.
  private static func uptime(
    _ configuration: GuestConfiguration, since start: ContinuousClock.Instant
  ) throws(LabError) -> Double {
    if configuration.driver == .netns {
      let (seconds, attoseconds) = (ContinuousClock.now - start).components
      return Double(seconds) + Double(attoseconds / 10_000_000_000_000_000) / 100
    }
    let text = try LabFile.text("/proc/uptime") ?? ""
    return text.split(separator: " ").first.flatMap { Double($0) } ?? 0
  }
}
