extension PlanPage {
  /// What compiling took; and the start, which draws the first program.
  static let startScript = #"""
    painters.push(() => {
      const compiling = program.compiling;
      const passes = compiling.passes.reduce((sum, pass) => sum + pass.milliseconds, 0);
      const body = section("compiling", `${time(compiling.milliseconds * 1e3)} in all, ${time(passes * 1e3)} of it in passes, besides other programs that were compiled at the same time. `
        + `${compiling.distinctKernels} distinct kernels for ${program.launches.length} launches: ${compiling.cachedKernels} from the cache, ${compiling.compiledKernels} compiled now`
        + (compiling.isCacheWritable ? "." : "; the cache cannot be written."));
      const steps = [...compiling.passes.map(pass => [pass.name, `${pass.before} → ${pass.after}`, pass.milliseconds]),
        ...compiling.stages.map(stage => [stage.name, stage.name === "kernels" ? `${compiling.compiledKernels} compiled, ${compiling.cachedKernels} cached` : "", stage.milliseconds])];
      const longest = Math.max(...steps.map(step => step[2]), 1e-9);
      body.append(make("table", {}, make("tr", {}, ["pass or stage", "operations", "time", ""].map((name, index) => make("th", { class: index === 2 ? "number" : "" }, name))),
        steps.map(([name, changed, milliseconds]) => make("tr", { class: "step" }, make("td", {}, name), make("td", {}, changed),
          make("td", { class: "number" }, time(milliseconds * 1e3)),
          make("td", { style: "width:55%" }, make("div", { class: "bar", style: `width:${100 * milliseconds / longest}%` }))))));
    });

    function show(next) {
      program = next;
      document.querySelectorAll("#programs button").forEach((button, index) =>
        button.classList.toggle("on", data.programs[index] === program));
      for (const paint of painters) paint();
    }
    data.programs.forEach(prepare);
    document.getElementById("programs").append(...data.programs.map(item =>
      make("button", { click: () => show(item) }, item.name)));
    if (data.programs.length > 0) show(data.programs[0]);
    """#
}
