/// Winograd's minimal filtering F(m, r) along one direction: m results of a window of r taps are made of m + r - 1 products
/// instead of m r,
///
///     y = A' [(G g) . (B' d)]
///
/// where d are the m + r - 1 values of the image that the window meets, g the taps (Winograd, "Arithmetic Complexity of
/// Computations", 1980; Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016, section 4.1).
///
/// Of a gradient by three taps, F(3, r), the taps are the results, and r values of the output's gradient the filter
/// (section 4.3).
struct MinimalFilter: Hashable {
  /// B', G and A', row by row.
  let image: [[Double]]
  let taps: [[Double]]
  let results: [[Double]]

  /// The results of a tile, and the taps.
  var outputs: Int { results.count }
  var tapCount: Int { taps.first?.count ?? 0 }
  /// The products of a tile, and the values of the image it reads.
  var side: Int { image.count }

  /// F(2, 3), by the points 0, 1, -1 and infinity.
  static let two = MinimalFilter(
    image: [[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]],
    taps: [[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]],
    results: [[1, 1, 1, 0], [0, 1, -1, -1]])

  /// F(4, 3), by the points 0, 1, -1, 1/2, -2 and infinity, which round better than 0, 1, -1, 2, -2 (Barabasz and
  /// others, "Error Analysis and Improving the Accuracy of Winograd Convolution for Deep Neural Networks", 2020): along
  /// one direction, to about twice the rounding of the direct way.
  static let four = MinimalFilter(
    image: [
      [1, -1.5, -2, 1.5, 1, 0], [0, -1, 0.5, 2.5, 1, 0], [0, 1, -2.5, 0.5, 1, 0], [0, -2, -1, 2, 1, 0],
      [0, 0.5, -1, -0.5, 1, 0], [0, 1, -1.5, -2, 1.5, 1],
    ],
    taps: [
      [1, 0, 0], [1.0 / 3, 1.0 / 3, 1.0 / 3], [-1.0 / 3, 1.0 / 3, -1.0 / 3],
      [-16.0 / 15, -8.0 / 15, -4.0 / 15], [1.0 / 15, -2.0 / 15, 4.0 / 15], [0, 0, 1],
    ],
    results: [
      [1, 1, 1, 1, 1, 0], [0, 1, -1, 0.5, -2, 0], [0, 1, 1, 0.25, 4, 0], [0, 1, -1, 0.125, -8, 1],
    ])

  /// F(3, 2), of the points of F(2, 3): the halves are the results' to multiply.
  static let gradientByTwo = MinimalFilter(
    image: two.image, taps: [[1, 0], [1, 1], [1, -1], [0, 1]],
    results: [[1, 0.5, 0.5, 0], [0, 0.5, -0.5, 0], [0, 0.5, 0.5, -1]])

  /// F(3, 4), of the points of F(4, 3): the fractions are the results' to multiply.
  static let gradientByFour = MinimalFilter(
    image: four.image,
    taps: [
      [1, 0, 0, 0], [1, 1, 1, 1], [1, -1, 1, -1], [1, 0.5, 0.25, 0.125], [1, -2, 4, -8], [0, 0, 0, 1],
    ],
    results: [
      [1, 1.0 / 3, -1.0 / 3, -16.0 / 15, 1.0 / 15, 0], [0, 1.0 / 3, 1.0 / 3, -8.0 / 15, -2.0 / 15, 0],
      [0, 1.0 / 3, -1.0 / 3, -4.0 / 15, 4.0 / 15, 1],
    ])
}
