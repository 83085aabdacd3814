import Foundation
import MCLSupport

/// A file that states may start from: a checkpoint of a run, exported or imported weights, or tensors for one run of a
/// program.
public struct WeightFile: Sendable {
  /// What messages call it.
  public let path: String
  /// The file's tensors. Those of a checkpoint are whole: each fitted its checksum when the file was opened.
  public let tensors: SafeTensors

  /// Opens the weights of a run, or a file of tensors.
  ///
  /// - Parameters:
  ///   - path: the folder of a run, whose latest whole checkpoint is taken, or a file.
  ///   - report: told of each damaged checkpoint that is passed over.
  /// - Throws: `UsageError` where there is no such file, or it is damaged.
  public init(_ path: String, report: (String) -> Void) throws {
    do {
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
        guard let checkpoint = try Checkpoint.latest(in: path, report: report) else {
          throw UsageError("\(path): the folder holds no checkpoint; name the folder of a run, or a file")
        }
        self.path = (path as NSString).appendingPathComponent(Checkpoint.fileName(checkpoint.step))
        tensors = try SafeTensors(path: self.path)
      } else {
        self.path = path
        tensors = try SafeTensors(path: path)
        _ = try Checkpoint.read(tensors)
      }
    } catch let error as TensorFileError { throw UsageError(error.description) }
  }

  /// The latest whole checkpoint of a run; nil where its folder holds none yet.
  /// - Throws: `UsageError` where none of its checkpoints is whole.
  public static func latest(ofRun folder: String, report: (String) -> Void) throws -> WeightFile? {
    Checkpoint.steps(in: folder).isEmpty ? nil : try WeightFile(folder, report: report)
  }

  package init(_ tensors: SafeTensors) { (path, self.tensors) = (tensors.path, tensors) }
}
