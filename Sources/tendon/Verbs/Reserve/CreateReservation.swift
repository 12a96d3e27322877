// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonClient
import TendonModel

struct CreateReservation: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Hold capacity in advance.",
    discussion: """
      On as few hosts as it fits on, or with --hosts on so many, evenly. Only instances of the services named with --for \
      are placed into it; everybody else finds the hosts that much smaller. What can't be held now is refused with what \
      is missing, unless --wait is given. Times are given in RFC 3339, or from now on, such as 2h.
      """)

  @OptionGroup var global: GlobalOptions

  @Argument(transform: ReservationName.init(_:))
  var name: ReservationName

  @Option(help: ArgumentHelp("CPU, such as 16 or 500m."), transform: MilliCPU.init(_:))
  var cpu: MilliCPU?

  @Option(
    help: ArgumentHelp("Memory, such as 32Gi.", valueName: "bytes"), transform: Bytes.init(_:))
  var memory: Bytes?

  @Option(help: ArgumentHelp("On so many hosts, evenly.", valueName: "n"))
  var hosts: Int?

  @Flag(help: "--cpu and --memory are what each of the --hosts holds.")
  var perHost = false

  @Option(
    help: ArgumentHelp("From then on, such as 2026-12-24T08:00:00Z or 2h.", valueName: "time"),
    transform: MomentArgument.init(_:))
  var from: MomentArgument?

  @Option(
    help: ArgumentHelp("Until then; then it is forgotten.", valueName: "time"),
    transform: MomentArgument.init(_:))
  var until: MomentArgument?

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("Who may use it: services, with commas between.", valueName: "service,..."))
  var services: ServiceNames?

  @Flag(
    help: "Lend it to services with lower priority than all of these, until it is needed.")
  var lend = false

  @Option(
    defaultAsFlag: WaitTime.standard,
    help: ArgumentHelp(
      "Make it also where it can't be held yet, and wait until it is, at most so long (60s).",
      valueName: "time"))
  var wait: WaitTime?

  func validate() throws {
    if cpu == nil && memory == nil { throw ValidationError("give --cpu, --memory or both") }
    if perHost && hosts == nil { throw ValidationError("--per-host needs --hosts") }
    let faults = reservation(now: .now).faults(now: .now)
    guard faults.isEmpty else {
      throw ValidationError(
        faults.map { "\(Self.flag(for: $0.path)): \($0.message)" }.joined(separator: "\n"))
    }
  }

  func run() async throws {
    let request = ReserveRequest(
      reservation: reservation(now: .now), wait: wait == nil ? nil : true)
    try await global.withClient { client in
      try await global.console.print(client.reserve(request).message)
      guard let wait else { return }
      try await untilHeld(client, limit: wait.span)
    }
  }

  func reservation(now: Timestamp) -> Reservation {
    Reservation(
      name: name, amount: .init(cpu: cpu ?? .zero, memory: memory ?? .zero), hosts: hosts,
      isPerHost: perHost ? true : nil, from: from?.time(now: now), until: until?.time(now: now),
      services: services?.names ?? [], lend: lend ? true : nil)
  }

  /// The flag that sets what is wrong.
  private static func flag(for path: [String]) -> String {
    switch path {
    case ["services"]: "--for"
    case ["per_host"]: "--per-host"
    case ["amount"]: "the reservation"
    default: "--\(path.last ?? "")"
    }
  }

  /// Between two looks.
  private static let pause = Duration.milliseconds(200)

  private func untilHeld(_ client: TendonClient, limit: Span) async throws {
    let end = ContinuousClock.now + limit.duration
    while true {
      let view = try await client.reservation(name)
      guard view.state == .short else { return }
      guard ContinuousClock.now < end else {
        throw CLIError.notDone(
          "\(name) is not held after \(limit); it still is as soon as there is room",
          missing: [view.message])
      }
      try await Task.sleep(for: Self.pause)
    }
  }
}
