/// What pictures of motion and of samples have in common.
enum PictureStyle {
  static let ink = Colour(34, 34, 40)
  static let soft = Colour(120, 120, 130)
  /// Of the box that crops must cover.
  static let box = Colour(255, 210, 0)
  /// Pixels around a picture.
  static let margin = 16
}
