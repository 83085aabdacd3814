extension PlanPage {
  /// What is said of the launch or the scope that is selected.
  static let detailScript = #"""
    const link = launch => make("a", { click: () => { select(launch); reveal(); } }, `#${launch.index} ${launchName(launch)}`);
    const pairs = list => make("dl", {}, list.filter(([, value]) => value !== null && value !== "").flatMap(([name, value]) =>
      [make("dt", {}, name), make("dd", {}, ...(Array.isArray(value) ? value : [value]))]));

    function valueLine(index) {
      const value = program.values[index];
      const kind = value.role === "input" || value.role === "state" ? value.role + " " : "";
      const text = ` ${typeText(program, value.type)} ${bytes(value.bytes)}`;
      return value.maker >= 0 && kind === ""
        ? make("p", {}, link(program.launches[value.maker]), text + (value.role === "byProduct" ? ", a by-product" : ""))
        : make("p", {}, kind + program.texts[value.name] + text);
    }

    function launchDetail(launch) {
      const texts = program.texts;
      const result = program.values[launch.result];
      const place = result.offset < 0 ? `${result.role} ${texts[result.name]}` : `arena at ${bytes(result.offset)}`;
      const nodes = [make("h3", {}, `#${launch.index} ${launchName(launch)}`),
        make("p", {}, make("span", { class: "tag", style: `background:${colours[launch.kind]};color:white` }, program.kinds[launch.kind]),
          make("span", { class: "tag" }, "kernel family " + texts[launch.family]),
          launch.isPreparation ? make("span", { class: "tag" }, "runs once, until a state is set") : null,
          launch.state >= 0 ? make("span", { class: "tag" }, "writes state " + texts[launch.state]) : null)];
      const spent = launch.time;
      nodes.push(pairs([
        ["scope", launch.scopeText === launch.pathText ? "" : launch.scopeText],
        ["result", `${launch.shape}` + (launch.shape === typeText(program, result.type) ? "" : `, stored as ${typeText(program, result.type)}`)],
        ["stands in", `${place}, ${bytes(result.bytes)}`],
        ["work", `${count(launch.flops)} FLOP, ${bytes(launch.bytes)}, ${digits(launch.intensity)} FLOP a byte`],
        ["time", spent === null ? null : `${time(spent)}, bound ${time(launch.bound)} (${launch.isMemoryBound ? "memory" : "arithmetic"}): ${percent(launch.reached)} of it`],
        ["speed", spent === null ? null : `${digits(launch.flops / spent / 1e3)} GFLOP/s, ${digits(launch.bytes / spent / 1e3)} GB/s`],
        ["runs as one with", launch.siblings.length === 0 ? null : launch.siblings.flatMap(sibling => [link(program.launches[sibling]), " "])],
        ["tasks", launch.tasks.join(" then ") + (launch.temporary > 0 ? `, sharing ${bytes(launch.temporary)}` : "")],
      ]));
      nodes.push(make("h3", {}, "What it carries out"));
      const said = { prologue: "computed in place of a read", main: "the operation", epilogue: "applied to its results", "by-product": "made besides" };
      for (const role of ["prologue", "main", "epilogue", "by-product"]) {
        const parts = launch.parts.filter(part => program.roles[part[0]] === role);
        if (parts.length === 0) continue;
        nodes.push(make("p", { class: "part" }, make("span", { class: "tag" }, `${role}: ${said[role]}`)),
          ...parts.map(part => make("p", {}, texts[part[1]] + " ", make("span", { class: "note" }, `${texts[part[3]]} ${texts[part[2]]}`))));
      }
      nodes.push(make("h3", {}, "Reads"), ...launch.operands.map(valueLine));
      const readers = [launch.result, ...launch.besides].flatMap(value => program.values[value].readers)
        .filter(reader => reader !== launch.index);
      const kept = [launch.result, ...launch.besides].flatMap(value => program.values[value].kept.map(name => texts[name]));
      nodes.push(make("h3", {}, "Read by"), ...[...new Set(readers)].sort((a, b) => a - b).slice(0, 12).map(reader => make("p", {}, link(program.launches[reader]))));
      if (readers.length > 12) nodes.push(make("p", { class: "note" }, `and ${readers.length - 12} more`));
      if (kept.length > 0) nodes.push(make("p", {}, "kept as " + kept.join(", ")));
      if (readers.length + kept.length === 0) nodes.push(make("p", { class: "note" }, launch.state >= 0 ? "the next run" : "nothing"));
      const own = new Set(launch.parts.map(part => part[1] + " " + part[2]));
      const decisions = program.decisions.filter(decision => own.has(decision[1] + " " + decision[2]));
      if (decisions.length > 0) nodes.push(make("h3", {}, "Decided of these operations"),
        ...decisions.slice(0, 20).map(decision => make("p", {}, decisionTag(decision), decisionText(decision))));
      nodes.push(make("h3", {}, "Formula"), make("p", { class: "note" },
        `over ${launch.axes.slice(0, launch.rank).join(" x ") || "one point"}`
        + (launch.axes.length > launch.rank ? `, reduced over ${launch.axes.slice(launch.rank).join(" x ")}` : "")),
        make("pre", {}, texts[launch.formula]));
      return nodes;
    }

    function scopeDetail(node) {
      const timing = program.timing;
      const nodes = [make("h3", {}, node.label || "the whole program"), pairs([
        ["launches", String(node.launches.length)],
        ["time", timing ? `${time(spentIn(node.launches))}, ${percent(100 * share(program, node.launches))} of a run` : null],
        ["of the bounds", timing ? bounded(node.launches) : null],
        ["work", `${count(total(node.launches, "flops"))} FLOP, ${bytes(total(node.launches, "bytes"))}`],
        ["fused in", `${fusedCount(node.launches) || "no"} operations`],
      ])];
      nodes.push(make("h3", {}, "By kind"), ...program.kinds.map((name, kind) => {
        const launches = node.launches.filter(launch => launch.kind === kind);
        return launches.length === 0 ? null : make("p", {}, make("span", { class: "tag", style: `background:${colours[kind]};color:white` }, name),
          `${launches.length} launches, ${percent(100 * share(program, launches))} of the program`);
      }).filter(line => line));
      const heavy = [...node.launches].sort((a, b) => b.weight - a.weight).slice(0, 8);
      nodes.push(make("h3", {}, timing ? "Slowest" : "Most bytes"), ...heavy.map(launch => make("p", {}, link(launch),
        ` ${launch.shape} `, make("b", {}, timing ? time(launch.time) : bytes(launch.bytes)), timing ? `, ${percent(launch.reached)} of its bound` : "")));
      return nodes;
    }

    function paintDetail() {
      const chosen = program.selected;
      graph.detail.replaceChildren(...(chosen && chosen.launch ? launchDetail(chosen.launch)
        : scopeDetail(chosen && chosen.scope ? chosen.scope : currentTree())));
      graph.detail.scrollTop = 0;
    }
    """#
}
