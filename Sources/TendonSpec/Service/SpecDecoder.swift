// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Turns one document into a spec and finds what its shape alone cannot tell.
///
/// It reads what fits and takes the rest as absent, so that all faults of a document are found at
/// once: what does not fit has been reported by `ShapeValidator`.
struct SpecDecoder {
  private let document: YAMLNode
  /// The shape's faults, then those found while decoding.
  private(set) var faults: [ShapeFault]
  private let faulty: Set<SpecPath>

  init(_ document: YAMLNode) {
    self.document = document
    faults = ShapeValidator.faults(in: document, against: SpecShape.service)
    faulty = Set(faults.map(\.path))
  }

  /// The service's name; nil when it is missing or malformed.
  var name: ServiceName? {
    text("name").flatMap { try? ServiceName($0) }  // reported with the shape's faults
  }

  /// Where the name is written, or the document where there is none.
  var nameMark: Mark { mark(of: SpecPath(["name"])) }

  /// The spec; nil when anything is wrong, which `faults` then says.
  mutating func spec() -> ServiceSpec? {
    let resources = resources()
    for fault in resources.faults { report(fault.message, SpecPath(["resources"] + fault.path)) }
    let (workload, supervision, sandbox, logs) = (workload(), supervision(), sandbox(), logs())
    let placement = placement()
    for fault in affinityFaults() + placement.faults + workload.faults + supervision.faults
      + sandbox.faults + logs.faults
    {
      report(fault.message, SpecPath(fault.path))
    }
    let restart =
      text("restart").flatMap(RestartPolicy.init(rawValue:)) ?? workload.defaultRestart
    let replicas = integer("replicas") ?? 1
    for fault in workload.conflicts(replicas: replicas, restart: restart) {
      report(fault.message, SpecPath(fault.path))
    }
    let ports = ports()
    for fault in supervision.portFaults(names: entries("ports").map(\.0)) {
      report(fault.message, SpecPath(fault.path))
    }
    for fault in sandbox.portFaults(ports) { report(fault.message, SpecPath(fault.path)) }
    let (fence, budget) = (text("fence") == "true", budget())
    let moveFaults =
      (budget?.faults(kind: workload.kind, replicas: replicas, fence: fence) ?? [])
      + workload.fenceFaults(fence)
    for fault in moveFaults {
      report(fault.message, SpecPath(fault.path))
    }
    checkVariables(of: ports)
    guard faults.isEmpty, let name else { return nil }
    var spec = ServiceSpec(
      name: name, command: list("command"), env: map("env"), workdir: text("workdir"),
      user: text("user"), replicas: replicas, ports: ports,
      resources: resources, restart: restart,
      stopGrace: quantity("stop_grace") ?? .seconds(10), labels: map("labels"),
      workload: workload, supervision: supervision, sandbox: sandbox, logs: logs)
    spec.fence = fence
    spec.budget = budget
    spec.priority = priority()
    spec.placement = placement
    return spec
  }

  /// The ports by name; reports fixed numbers that occur twice.
  private mutating func ports() -> [PortSpec] {
    var owners: [UInt16: String] = [:]
    var ports: [PortSpec] = []
    for (name, text) in entries("ports") {
      let port = PortSpec(name: name, fixed: UInt16(text))
      ports.append(port)
      guard let number = port.fixed else { continue }
      if let owner = owners[number] {
        report("\(number) is the port of \(owner) already", SpecPath(["ports", name]))
      } else {
        owners[number] = name
      }
    }
    return ports.sorted { $0.name < $1.name }
  }

  private mutating func checkVariables(of ports: [PortSpec]) {
    let env = document["env"]
    for port in ports where env?[port.variable] != nil {
      report(
        "is set by the port \(port.name); give the port or the variable another name",
        SpecPath(["env", port.variable]))
    }
  }

  // MARK: Reading what fits

  func node(_ path: SpecPath) -> YAMLNode? {
    if faulty.contains(path) { return nil }
    var node: YAMLNode? = document
    for case .key(let key) in path.steps { node = node?[key] }
    return node
  }

  func text(_ keys: String...) -> String? { node(SpecPath(keys))?.text }

  func integer(_ keys: String...) -> Int? {
    node(SpecPath(keys))?.text.flatMap { Int($0) }
  }

  func quantity<Value: Quantity>(_ keys: String...) -> Value? {
    // A text that is no quantity was reported with the shape's faults.
    node(SpecPath(keys))?.text.flatMap { try? Value($0) }
  }

  func limit<Value: Quantity>(_ keys: String...) -> Limit<Value> {
    // As above.
    node(SpecPath(keys))?.text.flatMap { try? Limit<Value>($0) } ?? .max
  }

  func list(_ key: String) -> [String] {
    guard case .sequence(let items) = node(SpecPath([key]))?.content else { return [] }
    return items.compactMap(\.text)
  }

  func map(_ key: String) -> [String: String] {
    Dictionary(entries(key), uniquingKeysWith: { first, _ in first })
  }

  /// A map's entries without the faulty ones.
  func entries(_ key: String) -> [(String, String)] {
    guard case .mapping(let entries) = node(SpecPath([key]))?.content else { return [] }
    return entries.compactMap { entry in
      guard let name = entry.key.text, let value = entry.value.text,
        !faulty.contains(SpecPath([key, name]))
      else { return nil }
      return (name, value)
    }
  }

  // MARK: Reporting

  private mutating func report(_ message: String, _ path: SpecPath) {
    let (path, mark) = found(path)
    faults.append(ShapeFault(mark: mark, path: path, message: message))
  }

  /// Where the value at `path` is written, or the nearest one around it.
  private func mark(of path: SpecPath) -> Mark { found(path).mark }

  /// The path with the numbers of a list's items as such.
  private func found(_ path: SpecPath) -> (path: SpecPath, mark: Mark) {
    var node: YAMLNode? = document
    var mark = document.mark
    var result = SpecPath()
    for case .key(let key) in path.steps {
      if case .sequence(let items)? = node?.content, let index = Int(key) {
        result = result.appending(index)
        node = items.indices.contains(index) ? items[index] : nil
      } else {
        result = result.appending(key)
        node = node?[key]
      }
      mark = node?.mark ?? mark
    }
    return (result, mark)
  }
}
