// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// The shape of a service's spec: every key there is, what it means and what it may hold.
enum SpecShape {
  static let service: Shape = .object(
    [
      Field(
        "name", "The service's name, unique in the cluster.", required: true,
        .text(TextRules.serviceName)),
      Field(
        "command", "The program, searched in the instance's PATH, and its arguments.",
        required: true,
        .list(
          of: .written(TextRules.any),
          hint: "write the program and its arguments as a list, such as [sleep, \"60\"]")),
      Field(
        "env", "Variables added to the environment that every instance gets.",
        .map(
          keys: TextRules.variableName, values: .written(TextRules.any),
          hint: "write one NAME: value per line")),
      Field(
        "workdir",
        "The directory that the program starts in; without it, one of the instance's own.",
        .text(TextRules.absolutePath)),
      Field(
        "user", "Who the program runs as: user or user:group, names or numbers; without it, root.",
        .written(TextRules.user)),
      Field(
        "replicas", "How many instances there are.", byDefault: .number(1),
        .integer(0...ServiceSpec.largestReplicas)),
      Field(
        "ports",
        "Named ports; auto lets the host hand out a free one. Each is given as PORT_<NAME>.",
        .map(
          keys: TextRules.portName, values: .choice([.integer(1...65535), .word(["auto"])]),
          hint: "write one name: auto, or name: number, per line")),
      Field(
        "resources", "What one instance reserves (request) and may use at most (limit).",
        resources),
      Field(
        "restart",
        "Whether a program that ended by itself is started again; never for a job and a cron.",
        byDefault: .string(RestartPolicy.always.rawValue),
        .word(RestartPolicy.allCases.map(\.rawValue))),
      Field(
        "stop_grace", "How long a stopping instance has between SIGTERM and being killed.",
        byDefault: .string("10s"), quantity(Span.self)),
      Field(
        "fence",
        "Whether never more than one copy of an instance runs at one time: it is killed where its host lost contact.",
        byDefault: .boolean(false), .boolean),
      disruption,
      Field(
        "labels", "Words by which services can be found and grouped.",
        .map(
          keys: TextRules.labelKey, values: .written(TextRules.any),
          hint: "write one key: value per line")),
    ] + placement + workload + supervision + sandbox + logs, hint: "write the keys of one service")

  static func quantity<Value: Quantity>(_ type: Value.Type) -> Shape {
    .quantity(QuantityRule(type))
  }
}
