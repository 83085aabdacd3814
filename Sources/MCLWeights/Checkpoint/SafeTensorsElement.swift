extension SafeTensors {
  /// An element type that is read, by its name in the header.
  public enum Element: String, Sendable, CaseIterable {
    case float64 = "F64"
    case float32 = "F32"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case int64 = "I64"
    case int32 = "I32"
    case int16 = "I16"
    case int8 = "I8"
    case uint32 = "U32"
    case uint16 = "U16"
    case uint8 = "U8"
    case bool = "BOOL"

    package var byteCount: Int {
      switch self {
      case .float64, .int64: 8
      case .float32, .int32, .uint32: 4
      case .float16, .bfloat16, .int16, .uint16: 2
      case .int8, .uint8, .bool: 1
      }
    }

    package var isFloatingPoint: Bool {
      switch self {
      case .float64, .float32, .float16, .bfloat16: true
      default: false
      }
    }
  }

  /// A tensor's place in the file.
  public struct Entry: Sendable, Equatable {
    /// The type of its numbers.
    public var element: Element
    /// Sizes from the outermost axis to the innermost; empty for a scalar.
    public var shape: [Int]
    /// Bytes of the data section, which follows the header.
    public var range: Range<Int>

    /// The product of the shape: 1 for a scalar.
    public var count: Int { range.count / element.byteCount }
  }
}

/// IEEE half precision, 1 sign, 5 exponent and 10 fraction bits, as Float, which holds each of its values.
func widened(halfPrecision bits: UInt16) -> Float {
  let sign: Float = bits >> 15 == 0 ? 1 : -1
  let exponent = Int(bits >> 10) & 0x1f
  let fraction = Float(bits & 0x3ff)
  switch exponent {
  case 0: return sign * fraction * 0x1p-24
  case 31: return fraction == 0 ? sign * .infinity : .nan
  default:
    return sign * (1 + fraction * 0x1p-10) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
  }
}

/// The upper half of a Float.
func widened(brainFloat bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }
