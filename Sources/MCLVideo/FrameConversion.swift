/// How decoded pictures become the RGB that all else sees. `FrameScaler` works by it, and exports say it.
///
/// The pictures are 8-bit RGB of full range, [height, width, 3], turned the way up that they are shown.
package struct FrameConversion: Sendable, Hashable, Codable {
  /// The matrix from luma and chroma to RGB.
  package enum Matrix: String, Sendable, Codable { case bt601 }
  /// Which levels the stream uses.
  package enum Range: String, Sendable, Codable { case limited, full }
  package enum Colours: String, Sendable, Codable { case rgb }
  package enum Filter: String, Sendable, Codable { case bilinear }
  package enum Pixels: String, Sendable, Codable { case square }
  package enum Orientation: String, Sendable, Codable { case asShown = "as shown" }

  /// The order of the channels.
  package var colours = Colours.rgb
  /// The levels of the result: 0 is black, 255 white.
  package var range = Range.full
  /// Where the stream states no matrix of its own.
  package var unstatedMatrix = Matrix.bt601
  /// Where the stream states no range of its own.
  package var unstatedRange = Range.limited
  /// How chroma is enlarged, and frames are scaled.
  package var filter = Filter.bilinear
  /// Pictures are widened or heightened until their pixels are square.
  package var pixels = Pixels.square
  package var orientation = Orientation.asShown

  private enum CodingKeys: String, CodingKey {
    case colours, range, filter, pixels, orientation
    case unstatedMatrix = "unstated_matrix"
    case unstatedRange = "unstated_range"
  }

  package init() {}

  /// What decoding does; there is no other.
  package static let standard = FrameConversion()
}
