// SPDX-License-Identifier: Apache-2.0
import Glibc
import TendonModel

/// The terminal that this program was started on.
struct Terminal {
  private let saved: termios

  /// Passes every key on as it is pressed: no echo, no lines, no signals from keys. nil when standard input is no
  /// terminal.
  init?() {
    var settings = termios()
    guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return nil }
    saved = settings
    cfmakeraw(&settings)
    guard tcsetattr(STDIN_FILENO, TCSANOW, &settings) == 0 else { return nil }
  }

  func restore() {
    var settings = saved
    tcsetattr(STDIN_FILENO, TCSADRAIN, &settings)
  }

  /// nil where there is none.
  static var size: TerminalSize? {
    var window = winsize()
    for fd in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
    where ioctl(fd, UInt(TIOCGWINSZ), &window) == 0 && window.ws_col > 0 {
      return TerminalSize(columns: window.ws_col, rows: window.ws_row)
    }
    return nil
  }
}
