// SPDX-License-Identifier: Apache-2.0
import SystemPackage

/// The lab's network: a namespace with a bridge, one link per host, and a way in for the machine.
///
///     machine --tlab-X (.254)-- root0 \
///     tap1 (host1, .11) -------------- br0 (.1, coordinator)   namespace tendon-NAME
///     tap2 (host2, .12) ------------- /                        10.213.X.0/24
struct LabNetwork: Sendable {
  let namespace: String
  /// The X of 10.213.X.0/24.
  let subnet: Int

  static let subnets = 1...250

  var coordinatorAddress: String { "10.213.\(subnet).1" }
  var gatewayAddress: String { "10.213.\(subnet).254" }
  /// The machine's own end of the way in.
  var gatewayLink: String { "tlab-\(subnet)" }

  func address(host number: Int) -> String { "10.213.\(subnet).\(10 + number)" }

  /// The bridge's end of a host's link.
  static func link(host number: Int) -> String { "tap\(number)" }

  /// The same at every boot, so that other hosts' address caches stay right.
  func hardwareAddress(host number: Int) -> String {
    "02:54:\(Self.hex(subnet)):00:00:\(Self.hex(number))"
  }

  private static func hex(_ byte: Int) -> String {
    let digits = String(byte, radix: 16)
    return digits.count < 2 ? "0" + digits : digits
  }

  static func namespaceExists(_ name: String) -> Bool {
    LabFile.exists(FilePath("/run/netns").appending(name))
  }

  /// Makes the namespace with its bridge and takes the first free subnet.
  ///
  /// A subnet is free when the machine has no address in it; making its link, whose name holds the
  /// number, is what takes it, as a second lab cannot make the same link.
  static func create(namespace: String) throws(LabError) -> LabNetwork {
    guard !namespaceExists(namespace) else {
      throw .refused(
        "the network namespace \(namespace) exists, but this lab's folder does not know it; "
          + "if it is left over, remove it with: ip netns del \(namespace)")
    }
    try LabCommand("ip", "netns", "add", namespace).run()
    try LabCommand("ip", "-n", namespace, "link", "set", "lo", "up").run()
    try LabCommand(
      "ip", "-n", namespace, "link", "add", "br0", "type", "bridge",
      "forward_delay", "0"
    ).run()
    let network = try claimSubnet(namespace: namespace)
    try network.addBridgeAddress()
    return network
  }

  private static func claimSubnet(namespace: String) throws(LabError) -> LabNetwork {
    let taken = try LabCommand("ip", "-o", "-4", "addr", "show").run()
    for subnet in subnets where !taken.contains(" 10.213.\(subnet).") {
      let network = LabNetwork(namespace: namespace, subnet: subnet)
      let made = try LabCommand(
        "ip", "link", "add", network.gatewayLink, "type", "veth", "peer",
        "name", "root0", "netns", namespace
      ).runToEnd()
      if made.status == 0 { return network }
      guard made.text.contains("File exists") else {
        throw .commandFailed(
          command: "ip link add \(network.gatewayLink) type veth", status: made.status,
          output: made.text)
      }
    }
    throw .noFreeSubnet
  }

  private func addBridgeAddress() throws(LabError) {
    try inNamespace("addr", "add", "\(coordinatorAddress)/24", "dev", "br0")
    try inNamespace("link", "set", "br0", "up")
    try inNamespace("link", "set", "root0", "master", "br0", "up")
    try LabCommand("ip", "addr", "add", "\(gatewayAddress)/24", "dev", gatewayLink).run()
    try LabCommand("ip", "link", "set", gatewayLink, "up").run()
  }

  /// Adds a tap for a User Mode Linux host.
  func addTap(host number: Int) throws(LabError) {
    let link = Self.link(host: number)
    try inNamespace("tuntap", "add", link, "mode", "tap")
    try inNamespace("link", "set", link, "master", "br0", "up")
  }

  /// Adds a pair of links for a namespace host; its own end is eth0.
  func addPair(host number: Int, namespace hostNamespace: String) throws(LabError) {
    let link = Self.link(host: number)
    try inNamespace(
      "link", "add", link, "type", "veth", "peer", "name", "eth0",
      "address", hardwareAddress(host: number), "netns", hostNamespace)
    try inNamespace("link", "set", link, "master", "br0", "up")
  }

  /// Takes a namespace host's link down or up: a pulled cable. (A tap that goes down under a User
  /// Mode Linux card breaks the card for good; those are cut by a rule.)
  func setLink(host number: Int, up: Bool) throws(LabError) {
    try inNamespace("link", "set", Self.link(host: number), up ? "up" : "down")
  }

  /// Drops what each host's `cut` and `loss` say, in both directions.
  func setFaults(_ hosts: [LabState.Host], rules: FilePath) throws(LabError) {
    let text = Self.faultRules(hosts, coordinator: coordinatorAddress)
    try LabFile.replace(rules, with: [UInt8](text.utf8))
    try LabCommand("ip", "netns", "exec", namespace, "nft", "-f", rules.string).run()
  }

  /// The nftables rules, replacing all former ones in one transaction.
  static func faultRules(_ hosts: [LabState.Host], coordinator: String) -> String {
    var incoming: [String] = []
    var outgoing: [String] = []
    for host in hosts {
      let link = link(host: host.number)
      if let rules = host.cut?.rules(link: link, coordinator: coordinator) {
        if let rule = rules.incoming { incoming.append("    \(rule)") }
        if let rule = rules.outgoing { outgoing.append("    \(rule)") }
      }
      if host.loss > 0 {
        let rule = "numgen random mod 100 < \(host.loss) counter drop"
        incoming.append("    iifname \"\(link)\" \(rule)")
        outgoing.append("    oifname \"\(link)\" \(rule)")
      }
    }
    return """
      table bridge tendon_lab {}
      delete table bridge tendon_lab
      table bridge tendon_lab {
        chain from_hosts {
          type filter hook prerouting priority 0; policy accept;
      \(incoming.joined(separator: "\n"))
        }
        chain to_hosts {
          type filter hook postrouting priority 0; policy accept;
      \(outgoing.joined(separator: "\n"))
        }
      }

      """
  }

  /// Removes the machine's link and the namespace with all in it; what is gone already is fine.
  static func remove(namespace: String, subnet: Int?) throws(LabError) {
    if let subnet {
      let link = LabNetwork(namespace: namespace, subnet: subnet).gatewayLink
      if LabFile.exists(FilePath("/sys/class/net").appending(link)) {
        try LabCommand("ip", "link", "del", link).run()
      }
    }
    if namespaceExists(namespace) { try LabCommand("ip", "netns", "del", namespace).run() }
  }

  private func inNamespace(_ arguments: String...) throws(LabError) {
    try LabCommand(["ip", "-n", namespace] + arguments).run()
  }
}
