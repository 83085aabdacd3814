import Foundation
import MCLDrawing
import MCLSupport

extension EvaluationPage {
  /// Points of the map at most.
  static let pointLimit = 2000
  private static let (mapWidth, mapHeight) = (1060.0, 620.0)

  /// The test videos by the two directions in which their features vary most.
  var map: String {
    let test = evaluation.test
    var drawn = Array(0..<test.count)
    if test.count > Self.pointLimit {
      var random = CounterRandom(seed: 1, purpose: "points of an evaluation's map")
      drawn = random.permutation(test.count).prefix(Self.pointLimit).sorted()
    }
    let rows = drawn.flatMap { video -> [Double] in
      let feature = test.means[video * test.width..<(video + 1) * test.width].map { Double($0) }
      let norm = feature.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return norm > 0 ? feature.map { $0 / norm } : feature
    }
    let components = PrincipalComponents(rows, width: test.width, count: 2)
    let places = components.places.map { ($0.first ?? 0, $0.dropFirst().first ?? 0) }
    let scale = Self.scale(places)
    let labels = drawn.map { test.labels[$0] ?? "" }
    let byClass = Dictionary(grouping: drawn.indices) { labels[$0] }
    let groups = evaluation.classes.names.enumerated().compactMap { number, name -> String? in
      guard let points = byClass[name] else { return nil }
      let circles = points.map { point in
        let (x, y) = scale(places[point])
        let title = "\(test.names[drawn[point]]) (\(name))\(words(of: drawn[point]))"
        return "<circle cx=\"\(x)\" cy=\"\(y)\" r=\"4\"><title>\(HTML.escaped(title))</title></circle>"
      }
      return "<g data-class=\"\(number)\" fill=\"\(Self.colour(ofClass: number))\">\(circles.joined())</g>"
    }
    let options = evaluation.classes.names.enumerated().filter { byClass[$0.element] != nil }.map {
      "<option value=\"\($0.offset)\">\(HTML.escaped($0.element))</option>"
    }
    let shares = components.variances.map {
      Self.percent(components.totalVariance > 0 ? $0 / components.totalVariance : 0)
    }
    let description =
      "A map of \(drawn.count) test videos by the first two principal components, coloured by class"
    return section(
      "Map of the features",
      "Unit features of \(drawn.count == test.count ? "the" : "\(drawn.count) of the \(test.count)") test videos, along the two directions in which they vary most (principal components), which hold \(shares.joined(separator: " and ")) of the variance. Points that lie together here need not be near in all \(result.width) numbers. Pointing at one names it.",
      """
      <div class="card"><label>Show <select id="chosen"><option value="">all classes</option>\(options.joined())</select></label>
      <svg class="map" viewBox="0 0 \(Int(Self.mapWidth)) \(Int(Self.mapHeight))" role="img" aria-label="\(description)">
      \(groups.joined(separator: "\n"))
      </svg></div>
      """)
  }

  /// What the map says of a video besides its name.
  private func words(of video: Int) -> String {
    guard let predictions, predictions.videos.indices.contains(video) else { return "" }
    let own = predictions.videos[video]
    return own.isRight ? "" : ", taken for \(className(own.predicted))"
  }

  /// Fits points into the picture, by one scale for both directions.
  private static func scale(_ places: [(Double, Double)]) -> ((Double, Double)) -> (String, String) {
    let margin = 12.0
    let (xs, ys) = (places.map(\.0), places.map(\.1))
    let (left, right) = (xs.min() ?? 0, xs.max() ?? 0)
    let (low, high) = (ys.min() ?? 0, ys.max() ?? 0)
    let factor = min(
      (mapWidth - 2 * margin) / max(right - left, 1e-12),
      (mapHeight - 2 * margin) / max(high - low, 1e-12))
    return { place in
      let x = mapWidth / 2 + (place.0 - (left + right) / 2) * factor
      let y = mapHeight / 2 - (place.1 - (low + high) / 2) * factor
      return (String(format: "%.1f", x), String(format: "%.1f", y))
    }
  }
}
