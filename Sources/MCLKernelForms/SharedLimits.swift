/// Sizes that planning and the kernel families both go by: what one side takes for granted the other serves.
package enum SharedLimits {
  /// Multiply-adds of a contraction; with fewer, kernels made for contractions gain nothing over the generic one.
  package static let leastMultiplyAdds = 16_384

  /// Channels of a blocked layout; fewer would be mostly padding.
  package static let fewestChannels = 8
}
