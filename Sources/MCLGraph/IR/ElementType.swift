/// What one element of a tensor is. Clips, weights and losses are `float32`; labels, counters and cursors `int64`.
public enum ElementType: String, Sendable, Hashable, CaseIterable {
  case float32 = "f32"
  case int64 = "i64"

  /// Bytes an element takes in memory.
  public var byteCount: Int {
    switch self {
    case .float32: 4
    case .int64: 8
    }
  }
}
