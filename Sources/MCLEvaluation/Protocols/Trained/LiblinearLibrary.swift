import CLiblinear
import Foundation
import MCLSupport

/// liblinear (Fan et al. 2008, LIBLINEAR: A Library for Large Linear Classification), loaded when it is first asked for.
///
/// It is not linked, as it brings a BLAS that starts threads as soon as it is loaded: these would take the signals that
/// commands wait for. It is loaded for one thread, so it starts none, and its sums do not depend on their number.
final class LiblinearLibrary: Sendable {
  typealias Train =
    @convention(c) (
      UnsafePointer<CLiblinear.problem>?, UnsafePointer<CLiblinear.parameter>?
    ) -> UnsafeMutablePointer<CLiblinear.model>?
  typealias Free = @convention(c) (UnsafeMutablePointer<UnsafeMutablePointer<CLiblinear.model>?>?) -> Void
  typealias Check =
    @convention(c) (
      UnsafePointer<CLiblinear.problem>?, UnsafePointer<CLiblinear.parameter>?
    ) -> UnsafePointer<CChar>?

  private typealias SetPrint = @convention(c) ((@convention(c) (UnsafePointer<CChar>?) -> Void)?) -> Void

  let train: Train
  let free: Free
  /// What is wrong with a training; null where nothing is.
  let check: Check

  private static let loaded = Result { try LiblinearLibrary() }

  /// - Throws: `UsageError` where the library is not installed, or is another than the one that mclc was built with.
  static func shared() throws -> LiblinearLibrary { try loaded.get() }

  private init() throws {
    setenv("OPENBLAS_NUM_THREADS", "1", 1)
    let names = ["liblinear.so.4", "liblinear.so"]
    guard let handle = names.lazy.compactMap({ dlopen($0, RTLD_NOW | RTLD_LOCAL) }).first else {
      throw UsageError(
        "svm needs liblinear, which is not installed; install the Debian package liblinear-dev")
    }
    guard let train = dlsym(handle, "train"), let free = dlsym(handle, "free_and_destroy_model"),
      let check = dlsym(handle, "check_parameter"), let setPrint = dlsym(handle, "set_print_string_function"),
      let version = dlsym(handle, "liblinear_version")
    else { throw UsageError("svm needs liblinear, but what is installed under that name has no train()") }
    // Structures of other versions have other fields.
    let found = version.load(as: CInt.self)
    guard found == LIBLINEAR_VERSION else {
      throw UsageError(
        "svm was built with version \(LIBLINEAR_VERSION) of liblinear, but \(found) is installed; build mclc again"
      )
    }
    // The signatures are those of linear.h.
    self.train = unsafeBitCast(train, to: Train.self)
    self.free = unsafeBitCast(free, to: Free.self)
    self.check = unsafeBitCast(check, to: Check.self)
    // It would write its iterations to standard output, which is for results.
    let silence = unsafeBitCast(setPrint, to: SetPrint.self)
    silence { _ in }
  }
}
