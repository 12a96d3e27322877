// SPDX-License-Identifier: Apache-2.0
import Glibc
import TendonModel

extension Knob {
  /// The kernel's text right now; nil when there is no such file.
  private func read(at leaf: CgroupFolder) throws(KernelFileError) -> String? {
    try leaf.read(file)
  }

  /// Writes what is wanted and reports what the kernel then says.
  func write(to leaf: CgroupFolder, waits: Bool = true) -> KnobReport {
    guard let wanted else { return report(at: leaf, wasWritten: false) }
    do throws(KernelFileError) {
      let readBack = try leaf.writeAndRead(wanted, to: file, waits: waits)
      return report(of: readBack, wasWritten: true, failure: nil)
    } catch {
      switch error {
      case .cannotRead: return unreadable(wasWritten: true, error)
      // Not there to be read either.
      case .cannotWrite(_, _, ENOENT): return absent(note: error.description)
      default: return report(at: leaf, wasWritten: false, failure: error)
      }
    }
  }

  /// Reads the file and holds it against what is wanted.
  /// - Parameter wasWritten: whether the kernel was given `wanted`, now or before.
  /// - Parameter failure: what went wrong while writing.
  func report(
    at leaf: CgroupFolder, wasWritten: Bool, failure: KernelFileError? = nil
  ) -> KnobReport {
    do throws(KernelFileError) {
      return report(of: try read(at: leaf), wasWritten: wasWritten, failure: failure)
    } catch {
      return unreadable(wasWritten: wasWritten, failure ?? error)
    }
  }

  private func report(
    of readBack: String?, wasWritten: Bool, failure: KernelFileError?
  ) -> KnobReport {
    guard let readBack else { return absent(note: failure?.description) }
    let agreement = agreement(with: readBack)
    return KnobReport(
      knob: name, requested: requested, written: wasWritten ? wanted : nil,
      readBack: shown(readBack), note: remark(on: agreement, failure: failure),
      isInForce: agreement.isInForce)
  }

  private func unreadable(wasWritten: Bool, _ error: KernelFileError) -> KnobReport {
    KnobReport(
      knob: name, requested: requested, written: wasWritten ? wanted : nil, readBack: nil,
      note: error.description, isInForce: false)
  }

  /// The report of a file that is not there.
  func absent(note failure: String? = nil) -> KnobReport {
    let reason =
      "not available: this kernel has no \(file), or the \(controller) controller is not enabled"
    return KnobReport(
      knob: name, requested: requested, written: nil, readBack: nil,
      note: wanted == nil ? note ?? reason : reason, isInForce: isKernelDefault)
  }

  private func remark(on agreement: Agreement, failure: KernelFileError?) -> String? {
    if let failure { return failure.description }
    if wanted == nil, let note { return note }
    switch agreement {
    case .same: return note
    case .rounded(let reason): return reason
    case .different:
      return note ?? "the kernel holds something else than what was asked"
    }
  }

  /// A file with a line for each device is cut to the one that is meant.
  private func shown(_ readBack: String) -> String {
    guard case .device(let device) = comparison else { return readBack }
    let line = readBack.split(separator: "\n").first { $0.hasPrefix("\(device) ") }
    return line.map(String.init) ?? "\(device) without limits"
  }
}
