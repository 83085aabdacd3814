import CLiblinear
import MCLSupport

/// A linear support vector machine of several classes, each against all others: `liblinear -s 2` without a bias.
///
/// The weights w of a class are those that minimise |w|^2 / 2 + C x sum over rows of max(0, 1 - y w·x)^2, y being 1 for rows
/// of the class and -1 for others. The solver stops where the gradient's norm is at most tolerance x min(p, q) / (p + q) of
/// that at w = 0, with p rows of the class and q others. For two classes there is one w, of the first row's class.
package struct SupportVectorMachine: Sendable {
  /// `liblinear -s 2` stops there unless told.
  package static let tolerance = 0.01

  private let width: Int
  private let classCount: Int
  /// The class of each vector of weights, in the order of the classes' first rows; two for the one vector of two classes.
  private let order: [Int]
  /// [vectors, width].
  private let weights: [Double]

  /// Trains on rows of a matrix; it draws nothing.
  /// - Parameters:
  ///   - rows: [count, width].
  ///   - labels: each row's class, 0 ..< classes.
  ///   - used: the numbers of the rows to train on; at least one.
  ///   - cost: C.
  /// - Throws: `UsageError` where liblinear is not there or refuses, `ExecutionError` for weights that are not finite.
  package init(
    rows: [Float], width: Int, labels: [Int], of used: [Int], classes: Int, cost: Double,
    tolerance: Double = Self.tolerance
  ) throws {
    let library = try LiblinearLibrary.shared()
    guard width > 0, width < Int32.max, used.count < Int32.max, !used.isEmpty,
      used.allSatisfy({ labels.indices.contains($0) && ($0 + 1) * width <= rows.count })
    else { throw ExecutionError("svm: there are no \(used.count) rows of \(width) numbers to train on") }
    let nonzero = used.reduce(0) { sum, row in
      sum + rows[row * width..<(row + 1) * width].count { $0 != 0 }
    }
    // Each row ends with a node of index -1.
    let nodes = UnsafeMutableBufferPointer<feature_node>.allocate(capacity: nonzero + used.count)
    let starts = UnsafeMutableBufferPointer<UnsafeMutablePointer<feature_node>?>.allocate(
      capacity: used.count)
    let targets = UnsafeMutableBufferPointer<Double>.allocate(capacity: used.count)
    defer {
      nodes.deallocate()
      starts.deallocate()
      targets.deallocate()
    }
    var next = 0
    for (place, row) in used.enumerated() {
      targets.initializeElement(at: place, to: Double(labels[row]))
      // Bounds: `nonzero` nodes of all rows and an end for each.
      starts.initializeElement(at: place, to: nodes.baseAddress.map { $0 + next })
      for column in 0..<width where rows[row * width + column] != 0 {
        nodes.initializeElement(
          at: next, to: feature_node(index: Int32(column + 1), value: Double(rows[row * width + column])))
        next += 1
      }
      nodes.initializeElement(at: next, to: feature_node(index: -1, value: 0))
      next += 1
    }
    var problem = CLiblinear.problem()
    (problem.l, problem.n, problem.bias) = (Int32(used.count), Int32(width), -1)
    (problem.y, problem.x) = (targets.baseAddress, starts.baseAddress)
    var parameter = mcl_squared_hinge(cost, tolerance)
    if let reason = library.check(&problem, &parameter) {
      throw UsageError("svm: liblinear says '\(String(cString: reason))'")
    }
    var model = library.train(&problem, &parameter)
    guard let trained = model?.pointee, let labels = trained.label, let values = trained.w else {
      throw ExecutionError("svm: liblinear gave no model")
    }
    defer { library.free(&model) }
    // Bounds: as linear.h has it, nr_class labels, and nr_feature numbers for each vector; [feature, vector].
    order = (0..<Int(trained.nr_class)).map { Int(labels[$0]) }
    let vectors = order.count == 2 ? 1 : order.count
    let own = (0..<vectors * width).map { values[$0 % width * vectors + $0 / width] }
    (self.width, classCount, weights) = (width, classes, own)
    guard own.allSatisfy(\.isFinite), order.allSatisfy((0..<classes).contains) else {
      throw ExecutionError("svm: the weights are not finite; the features are too large")
    }
  }

  /// The decision values w·x of all classes, summed in Double in the order of the numbers; minus infinity for classes
  /// without rows to train on. With two classes the second's value is minus the first's.
  package func decisions(_ row: ArraySlice<Float>) -> [Double] {
    var values = [Double](repeating: -.infinity, count: classCount)
    let products = stride(from: 0, to: weights.count, by: width).map { start in
      zip(row, weights[start..<start + width]).reduce(0.0) { $0 + Double($1.0) * $1.1 }
    }
    if order.count == 2, let value = products.first {
      (values[order[0]], values[order[1]]) = (value, -value)
    } else {
      for (number, product) in zip(order, products) { values[number] = product }
    }
    return values
  }

  /// The class that liblinear predicts: of equal values the class whose first row came first; of two classes the second.
  package func prediction(_ decisions: [Double]) -> Int {
    if order.count == 2 { return decisions[order[0]] > 0 ? order[0] : order[1] }
    return order.dropFirst().reduce(order[0]) { decisions[$1] > decisions[$0] ? $1 : $0 }
  }
}
