import MCLSupport

/// The directions in which rows vary most, by iteration of a subspace; all in Double and in a fixed order.
///
/// With centred rows X [n, D], a block V [D, b] is replaced by an orthonormal basis of XᵀX V until the largest variances
/// stand still; the eigenvectors of (XV)ᵀ(XV) then turn the block (Rayleigh and Ritz). Nothing of D x D is kept.
package struct PrincipalComponents: Sendable {
  /// [count][D], unit vectors, of falling variance; the entry of the largest magnitude is positive.
  package let directions: [[Double]]
  /// Along the directions: the sum of squares over n.
  package let variances: [Double]
  /// Along all D directions together.
  package let totalVariance: Double
  /// [n][count]: the centred rows along the directions.
  package let places: [[Double]]

  /// Directions that are iterated beyond those wanted, which makes these settle faster.
  private static let extra = 3
  private static let iterationLimit = 50
  private static let tolerance = 1e-9

  /// - Parameters:
  ///   - values: [n, width], finite.
  ///   - count: of directions; fewer come out where there are fewer numbers in a row.
  package init(_ values: [Double], width: Int, count: Int) {
    let rows = width > 0 ? values.count / width : 0
    var centred = values
    var mean = [Double](repeating: 0, count: width)
    for row in 0..<rows { for place in 0..<width { mean[place] += values[row * width + place] } }
    for place in 0..<width { mean[place] /= Double(max(rows, 1)) }
    var total = 0.0
    for row in 0..<rows {
      for place in 0..<width {
        let value = values[row * width + place] - mean[place]
        centred[row * width + place] = value
        total += value * value
      }
    }
    totalVariance = total / Double(max(rows, 1))
    let size = min(count + Self.extra, width)
    var random = CounterRandom(seed: 1, purpose: "principal components")
    var basis = Self.orthonormal((0..<size).map { _ in (0..<width).map { _ in random.normal() } })
    var along = basis.map { Self.product(centred, $0, rows: rows) }
    var variances = [Double](repeating: 0, count: size)
    for _ in 0..<Self.iterationLimit {
      basis = Self.orthonormal(
        zip(along, basis).map { values, old in
          let next = Self.transposedProduct(centred, values, width: width)
          // A direction in which nothing varies stays as it is.
          return next.contains { $0 != 0 } ? next : old
        })
      along = basis.map { Self.product(centred, $0, rows: rows) }
      let (squares, turns) = Self.eigen(along.map { a in along.map { b in Self.dot(a, b) } })
      basis = turns.map { Self.combined(basis, $0, width: width) }
      along = turns.map { Self.combined(along, $0, width: rows) }
      let last = variances
      variances = squares.map { max($0, 0) / Double(max(rows, 1)) }
      let isMoving = zip(variances, last).prefix(count).contains {
        abs($0 - $1) > Self.tolerance * max(variances.first ?? 0, 1e-300)
      }
      guard isMoving else { break }
    }
    directions = basis.prefix(count).map(Self.signed)
    self.variances = Array(variances.prefix(count))
    let shown = directions.map { Self.product(centred, $0, rows: rows) }
    places = (0..<rows).map { row in shown.map { $0[row] } }
  }

  // MARK: Sums

  private static func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for place in a.indices { sum += a[place] * b[place] }
    return sum
  }

  /// X v, [n].
  private static func product(_ values: [Double], _ vector: [Double], rows: Int) -> [Double] {
    let width = vector.count
    return values.withUnsafeBufferPointer { values in
      vector.withUnsafeBufferPointer { vector in
        (0..<rows).map { row in
          // Bounds: `values` holds `rows` rows of `width` numbers. Four sums, so that one need not wait for another.
          var (a, b, c, d) = (0.0, 0.0, 0.0, 0.0)
          let first = row * width
          var place = 0
          while place + 4 <= width {
            a += values[first + place] * vector[place]
            b += values[first + place + 1] * vector[place + 1]
            c += values[first + place + 2] * vector[place + 2]
            d += values[first + place + 3] * vector[place + 3]
            place += 4
          }
          var sum = (a + b) + (c + d)
          while place < width {
            sum += values[first + place] * vector[place]
            place += 1
          }
          return sum
        }
      }
    }
  }

  /// Xᵀ u, [D].
  private static func transposedProduct(_ values: [Double], _ vector: [Double], width: Int) -> [Double] {
    var result = [Double](repeating: 0, count: width)
    result.withUnsafeMutableBufferPointer { result in
      values.withUnsafeBufferPointer { values in
        for (row, factor) in vector.enumerated() {
          // Bounds: `values` holds a row of `width` numbers for each number of the vector.
          for place in 0..<width { result[place] += values[row * width + place] * factor }
        }
      }
    }
    return result
  }

  /// The sum of vectors, each times its factor.
  private static func combined(_ vectors: [[Double]], _ factors: [Double], width: Int) -> [Double] {
    var result = [Double](repeating: 0, count: width)
    for (vector, factor) in zip(vectors, factors) {
      for place in 0..<width { result[place] += factor * vector[place] }
    }
    return result
  }

  /// Gram and Schmidt, each vector twice; one that lies in the span of those before becomes the first unit vector that
  /// does not.
  private static func orthonormal(_ vectors: [[Double]]) -> [[Double]] {
    var basis: [[Double]] = []
    var unit = 0
    for vector in vectors {
      var next = vector
      var length = 0.0
      while true {
        let before = dot(next, next).squareRoot()
        for _ in 0..<2 {
          for known in basis {
            let share = dot(next, known)
            for place in next.indices { next[place] -= share * known[place] }
          }
        }
        length = dot(next, next).squareRoot()
        if length > 1e-10 * before || unit >= next.count { break }
        next = [Double](repeating: 0, count: next.count)
        next[unit] = 1
        unit += 1
      }
      basis.append(length > 0 ? next.map { $0 / length } : next)
    }
    return basis
  }

  private static func signed(_ vector: [Double]) -> [Double] {
    var largest = 0.0
    for value in vector where abs(value) > abs(largest) { largest = value }
    return largest < 0 ? vector.map { -$0 } : vector
  }

  /// The eigenvalues of a small symmetric matrix, falling, and an eigenvector of each, by Jacobi's rotations.
  static func eigen(_ matrix: [[Double]]) -> (values: [Double], vectors: [[Double]]) {
    let size = matrix.count
    var a = matrix
    var vectors = (0..<size).map { row in (0..<size).map { $0 == row ? 1.0 : 0.0 } }
    for _ in 0..<50 {
      var isDiagonal = true
      for p in 0..<size {
        for q in p + 1..<max(size, p + 1) where abs(a[p][q]) > 1e-15 * (abs(a[p][p]) + abs(a[q][q])) {
          isDiagonal = false
          let theta: Double = (a[q][q] - a[p][p]) / (2 * a[p][q])
          let sign: Double = theta < 0 ? -1 : 1
          let t: Double = sign / (abs(theta) + (theta * theta + 1).squareRoot())
          let c: Double = 1 / (t * t + 1).squareRoot()
          let s: Double = t * c
          func turned(_ x: Double, _ y: Double) -> (Double, Double) { (c * x - s * y, s * x + c * y) }
          for k in 0..<size { (a[k][p], a[k][q]) = turned(a[k][p], a[k][q]) }
          for k in 0..<size { (a[p][k], a[q][k]) = turned(a[p][k], a[q][k]) }
          // Rows of `vectors` become the eigenvectors.
          for k in 0..<size { (vectors[p][k], vectors[q][k]) = turned(vectors[p][k], vectors[q][k]) }
        }
      }
      if isDiagonal { break }
    }
    let values: [Double] = (0..<size).map { a[$0][$0] }
    let order = values.indices.sorted { values[$0] != values[$1] ? values[$0] > values[$1] : $0 < $1 }
    let sorted: [Double] = order.map { values[$0] }
    return (sorted, order.map { vectors[$0] })
  }
}
