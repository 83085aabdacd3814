/// The calls that were under way at some moment, innermost first: addresses in the executable of a model, counted
/// from where it was loaded, each within the instruction that called.
package struct CallStack: Sendable, Hashable {
  package var addresses: [UInt]

  package init(_ addresses: [UInt]) { self.addresses = addresses }

  /// Reads hexadecimal numbers with spaces between them; what is none is skipped.
  init(text: some StringProtocol) {
    addresses = text.split(separator: " ").compactMap { UInt($0, radix: 16) }
  }

  /// Hexadecimal numbers with spaces between them.
  var text: String { addresses.map { String($0, radix: 16) }.joined(separator: " ") }
}
