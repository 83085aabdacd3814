import Foundation
import MCLSupport
import Testing

@Suite struct ShellTextTests {
  @Test(arguments: ["runs/a", "a b", "it's", "$(x) `y` \"z\" \\", "", "a\nb", "-x=1,2:%@+_", "é~*?"])
  func aShellReadsTheTextBack(text: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "printf %s \(ShellText.quoted(text))"]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let read = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(String(decoding: read, as: UTF8.self) == text)
  }
}
