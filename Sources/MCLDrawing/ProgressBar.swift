import Foundation
import MCLSupport

/// Progress on standard error: one line that redraws itself on a terminal, a line every few seconds elsewhere.
package final class ProgressBar {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var lastShown = 0.0
  private let isSilent: Bool

  package init(isSilent: Bool = false) { self.isSilent = isSilent }

  /// - Parameters:
  ///   - fraction: done, 0...1.
  ///   - text: rates and times.
  package func show(_ fraction: Double, _ text: String, isLast: Bool = false) {
    guard !isSilent else { return }
    let now = Double(DispatchTime.now().uptimeNanoseconds) * 1e-9
    guard isLast || now - lastShown >= (isTerminal ? 0.1 : 5) else { return }
    lastShown = now
    let percent = String(format: "%3.0f%%", fraction * 100)
    if isTerminal {
      let filled = Int(max(0, min(1, fraction)) * 20)
      let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 20 - filled)
      // A line that wraps could not be drawn over.
      let line = "\(percent) \(bar) \(text)".prefix(max(Self.terminalWidth - 1, 10))
      write("\r\u{1b}[2K\(line)\(isLast ? "\n" : "")")
    } else {
      write("\(percent) \(text)\n")
    }
  }

  /// Ends the line, so that other text can follow.
  package func clear() { if isTerminal, !isSilent { write("\r\u{1b}[2K") } }

  /// Characters in a line of the terminal; 80 where it does not say.
  private static var terminalWidth: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  private func write(_ text: String) { StandardError.write(text) }

  /// Seconds as people say them: `48s`, `3m20s`, `2h05m`.
  package static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "?" }
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole)s" }
    if whole < 3600 { return "\(whole / 60)m\(String(format: "%02d", whole % 60))s" }
    return "\(whole / 3600)h\(String(format: "%02d", whole / 60 % 60))m"
  }
}
