// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

struct Get: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List services, instances, hosts, reservations or events.",
    subcommands: [
      GetServices.self, GetInstances.self, GetHosts.self, GetReservations.self,
      GetEvents.self,
    ])
}
