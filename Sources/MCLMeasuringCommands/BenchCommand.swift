import ArgumentParser
import MCLCommandSupport

package struct BenchCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measures compiled programs and their kernels.",
    subcommands: [
      BenchStepCommand.self, BenchKernelsCommand.self, BenchFlowCommand.self, BenchLoaderCommand.self,
      BenchCompileCommand.self,
    ])

  package init() {}
}
