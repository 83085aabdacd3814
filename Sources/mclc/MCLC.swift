import ArgumentParser

@main
struct MCLC: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mclc",
    abstract: "Compiles and trains video networks on CPUs.",
    version: "0.1.0",
    subcommands: [
      CompileCommand.self, TrainCommand.self, SynthesizeCommand.self, BenchCommand.self,
    ])
}
