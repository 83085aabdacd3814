import Foundation

/// How many times as long the fuzzing suites run: 1, or 20 under `make soak` (MCL_SOAK).
package let soakFactor = ProcessInfo.processInfo.environment["MCL_SOAK"] == nil ? 1 : 20

/// What time limits of tests that might hang are multiplied by. A limit counts the time that a test waits for a thread, which
/// beside the long suites is as long as these take.
package let patience = soakFactor > 1 ? 60 : 1
