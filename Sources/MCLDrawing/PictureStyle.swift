/// What pictures of motion and of samples have in common.
package enum PictureStyle {
  package static let ink = Colour(34, 34, 40)
  package static let soft = Colour(120, 120, 130)
  /// Of the box that crops must cover.
  package static let box = Colour(255, 210, 0)
  /// Pixels around a picture.
  package static let margin = 16
}
