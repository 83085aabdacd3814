import LLVMBindings
import MCLGraph
import MCLKernelForms
import MCLKernels
import MCLSupport

/// What the last bits of a plan's results depend on besides its program: kept by checkpoints, so that a resumed run shows
/// whether it computes as the one before.
package struct PlanChoices: Sendable, Equatable {
  /// Short texts by what they are of; `plan.kernels` has a word a launch: the family and a hash of what it computes and of
  /// how its work is cut.
  package let texts: [String: String]
  private let paths: [String]

  package init(_ plan: ExecutionPlan) {
    let target = plan.target
    paths = plan.launches.map(\.path)
    texts = [
      "plan.emitter": String(KernelCompiler.emitterVersion), "plan.LLVM": llvmVersionText,
      "plan.passes": TargetMachine.passes, "plan.processor": "\(target.triple) \(target.cpu)",
      "plan.features": target.features, "plan.vector": "\(target.vectorBytes) bytes",
      "plan.kernels": plan.launches.map { launch in
        let kernel = plan.kernels[launch.kernel]
        let work =
          launch.specification.text + " " + kernel.phases.map { String($0.taskCount) }.joined(separator: " ")
        return "\(kernel.family):\(SHA256.hexadecimal(work.utf8).prefix(8))"
      }.joined(separator: " "),
    ]
  }

  /// What differs from choices kept before, such as `vector '32 bytes' (now '64 bytes')`; nil where nothing does.
  package func difference(from kept: [String: String]) -> String? {
    var parts: [String] = []
    for (key, now) in texts.sorted(by: { $0.key < $1.key }) where kept[key] != now {
      let name = key.dropFirst("plan.".count)
      guard let before = kept[key] else {
        parts.append("\(name) (not recorded)")
        continue
      }
      switch key {
      case "plan.kernels": parts.append(launchDifference(before, now))
      case "plan.features":
        let (a, b) = (Set(before.split(separator: ",")), Set(now.split(separator: ",")))
        parts.append(
          "features without \(a.subtracting(b).sorted().joined(separator: ",")) and with "
            + b.subtracting(a).sorted().joined(separator: ","))
      default: parts.append("\(name) '\(before)' (now '\(now)')")
      }
    }
    guard let last = parts.last else { return nil }
    return parts.count == 1 ? last : parts.dropLast().joined(separator: ", ") + " and " + last
  }

  private func launchDifference(_ before: String, _ now: String) -> String {
    let (old, new) = (before.split(separator: " "), now.split(separator: " "))
    guard old.count == new.count else { return "\(old.count) kernels (now \(new.count))" }
    let differing = new.indices.filter { old[$0] != new[$0] }
    let first = differing.first ?? 0
    return
      "\(differing.count) of \(new.count) kernels, the first at '\(paths[first])', '\(old[first])' (now '\(new[first])')"
  }
}
