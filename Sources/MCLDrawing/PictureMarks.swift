/// At which steps a run keeps pictures: at all of the first watched steps, and at ever fewer of later ones.
///
/// A run that is a thousand times as long has some ten times as many pictures.
package struct PictureMarks {
  /// Steps between watched steps.
  package var every: Int
  /// The run's last step.
  package var last: Int

  package init(every: Int, last: Int) { (self.every, self.last) = (every, last) }

  /// As many marks are kept each time that their number doubles.
  private static let eachDoubling = 16

  package func contains(_ step: Int) -> Bool {
    if step == 1 || step == last { return true }
    guard step > 0, step % every == 0 else { return false }
    var (mark, unit) = (step / every, 1)
    while mark >= 2 * Self.eachDoubling {
      mark /= 2
      unit *= 2
    }
    return step / every % unit == 0
  }
}
