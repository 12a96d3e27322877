// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonModel
import Testing

@testable import tendon

@Suite("tendon reserve")
struct ReserveTests {
  private let now = Timestamp(millisecondsSinceEpoch: 1_700_000_000_000)

  private func parse<Command>(_ words: String, as: Command.Type) throws -> Command {
    try #require(
      try Tendon.parseAsRoot(words.split(separator: " ").map(String.init)) as? Command)
  }

  @Test("What is given becomes the reservation; times from now on are counted by the clock.")
  func create() throws {
    let command = try parse(
      "reserve create burst --cpu 16 --memory 32Gi --hosts 4 --per-host --from 2h "
        + "--until 2099-12-24T08:00:00Z --for web,api --wait 5s", as: CreateReservation.self)
    #expect(
      command.reservation(now: now)
        == Reservation(
          name: try ReservationName("burst"),
          amount: .init(cpu: MilliCPU(16_000), memory: .mebibytes(32 << 10)), hosts: 4,
          isPerHost: true,
          from: Timestamp(millisecondsSinceEpoch: now.millisecondsSinceEpoch + 7_200_000),
          until: Timestamp("2099-12-24T08:00:00Z"),
          services: [try ServiceName("web"), try ServiceName("api")]))
    #expect(command.wait?.span == .seconds(5))
    let small = try parse("reserve create burst --cpu 500m", as: CreateReservation.self)
    #expect(small.reservation(now: now).amount.memory == .zero && small.wait == nil)
    #expect(small.reservation(now: now).services.isEmpty)
  }

  @Test(
    "A wrong command line is bad input, with the flag.",
    arguments: [
      ("reserve create", "name"), ("reserve create A --cpu 1", "lower-case"),
      ("reserve create a", "--cpu"), ("reserve create a --cpu 0", "holds nothing"),
      ("reserve create a --cpu x", "--cpu"), ("reserve create a --cpu 1 --per-host", "--hosts"),
      ("reserve create a --cpu 1 --hosts 0", "--hosts"),
      ("reserve create a --cpu 1 --until 2020-01-01", "--until"),
      ("reserve create a --cpu 1 --from soon", "--from"),
      ("reserve create a --cpu 1 --from 999999999999d", "--from"),
      ("reserve create a --cpu 1 --for web,,api", "--for"),
      ("reserve create a --cpu 1 --for web,web", "--for"), ("reserve delete", "name"),
      ("reserve show", "name"),
    ])
  func bad(_ words: String, _ says: String) {
    let error = #expect(throws: (any Error).self) {
      _ = try Tendon.parseAsRoot(words.split(separator: " ").map(String.init))
    }
    guard let error else { return }
    #expect(Failure(error).status == 2)
    #expect(Failure(error).text.contains(says), "\(Failure(error).text)")
  }

  @Test("A list shows what is used of what is held, where, and what is missing.")
  func list() throws {
    #expect(try parse("get reservations burst -w", as: GetReservations.self).arguments.list.watch)
    let amount = Reservation.Amount(cpu: MilliCPU(2000), memory: .mebibytes(1024))
    let view = ReservationView(
      reservation: Reservation(
        name: try ReservationName("burst"), amount: amount, hosts: 2, isPerHost: true,
        services: [try ServiceName("web")]), createdAt: now, state: .short,
      holds: [
        .init(
          host: try HostID("host1"), amount: amount,
          drawn: .init(cpu: MilliCPU(500), memory: .mebibytes(64)))
      ], instances: [try InstanceID("web.0")], message: "1 of 2 hosts")
    let cells = ReservationView.columns.map { ($0.title, $0.cell(view, now).text) }
    let row = Dictionary(uniqueKeysWithValues: cells)
    #expect(row["STATE"] == "short" && row["CPU"] == "500m/2" && row["MEMORY"] == "64Mi/1Gi")
    #expect(row["ASKED"] == "4 CPU and 2Gi memory" && row["HOSTS"] == "host1")
    #expect(row["FOR"] == "web" && row["INSTANCES"] == "web.0" && row["MESSAGE"] == "1 of 2 hosts")
  }
}
