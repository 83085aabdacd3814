import Foundation

/// How many times as long the fuzzing suites run: 1, or 20 under `make soak` (MCL_SOAK).
public let soakFactor = ProcessInfo.processInfo.environment["MCL_SOAK"] == nil ? 1 : 20
