import MCLVideo
import Testing

/// The sentence of the `VideoError` that `body` throws.
func videoErrorMessage(_ body: () throws -> Void) throws -> String {
  try #require(throws: VideoError.self) { try body() }.description
}
