import Foundation

/// What a program does first, so that no output that fails can harm its work.
package enum ProcessSetup {
  /// Opens the standard descriptors that are closed, and has failed writes answered by their error alone.
  ///
  /// To be called before any file is opened or thread is started.
  package static func begin() {
    openStandardDescriptors()
    // A write to a pipe without a reader, or beyond the largest size of a file, then fails like one to a full disk.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
  }

  /// A file opened later would else get the number of a closed descriptor, and what is written there.
  ///
  /// Each is opened the wrong way round, so that a read or write of it still fails.
  private static func openStandardDescriptors() {
    for (descriptor, mode) in [
      (STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY),
    ]
    where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
      // The lowest free number, which is this one: those below are open by now.
      _ = open("/dev/null", mode)
    }
  }
}
