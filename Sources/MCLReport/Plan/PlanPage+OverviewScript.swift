extension PlanPage {
  /// Tiles, shares by kind, and the launches in the order they run.
  static let overviewScript = #"""
    function sum(program, field) { return total(program.launches.filter(launch => !launch.isPreparation), field); }

    painters.push(() => {
      const timing = program.timing;
      const tiles = [
        [String(program.launches.length), "launches for " + program.compiling.operations + " operations"],
        [count(sum(program, "flops")), "FLOP a run"],
        [bytes(program.arenaBytes), "arena, of " + bytes(program.unsharedBytes) + " unshared"],
        [bytes(program.stateBytes), "states"],
      ];
      if (timing) {
        const median = timing.runs[Math.floor(timing.runs.length / 2)];
        tiles.unshift([time(median * 1e3), "a run, median of " + timing.runs.length]);
        tiles.push(
          [count(sum(program, "flops") * 1e3 / median) + "FLOP/s", "reached, peak " + count(timing.gigaflops * 1e9) + "FLOP/s"],
          [percent(100 * sum(program, "bound") / sum(program, "time")), "of the speed that the bounds allow"],
          [digits(timing.gigabytes) + " GB/s", "copied, " + timing.threads + " thread" + (timing.threads > 1 ? "s" : "")]);
      }
      document.getElementById("tiles").replaceChildren(
        ...tiles.map(([value, name]) => make("div", {}, make("b", {}, value), name)));
    });

    painters.push(() => {
      const timing = program.timing;
      const body = section("time", timing
        ? "By kind of launch, without the launches that run only once. A launch's bound is the longer of two times: its operations at the peak of arithmetic, or its bytes, each moved once, at the speed of a copy. Above 100 %: operands were still in a cache, or the kernel (winograd, winogradGradient) multiplies less than its formula."
        : "By kind of launch, without the launches that run only once. Nothing was run (--no-timing): shares are of bytes, each moved once.");
      const kinds = program.kinds.map((name, kind) => ({ name, kind,
        launches: program.launches.filter(launch => launch.kind === kind && !launch.isPreparation) }))
        .filter(group => group.launches.length > 0);
      kinds.sort((a, b) => share(program, b.launches) - share(program, a.launches));
      body.append(make("div", { class: "stack" }, kinds.map(group => {
        const part = share(program, group.launches);
        const node = make("div", { style: `width:${100 * part}%;background:${colours[group.kind]}` },
          part > 0.06 ? group.name + " " + percent(100 * part) : "");
        node.title = group.name + ": " + percent(100 * part);
        return node;
      })));
      const head = ["kind", "launches", "share", timing ? "time" : null, "FLOP", "bytes",
        timing ? "GFLOP/s" : null, timing ? "GB/s" : null, timing ? "of its bound" : null].filter(name => name);
      body.append(make("table", {}, make("tr", {}, head.map((name, index) =>
        make("th", { class: index > 0 ? "number" : "" }, name))), kinds.map(group => {
        const [flops, moved, spent] = ["flops", "bytes", "time"].map(field => total(group.launches, field));
        const cells = [group.launches.length, percent(100 * share(program, group.launches)), timing ? time(spent) : null,
          count(flops), bytes(moved), timing ? digits(flops / spent / 1e3) : null,
          timing ? digits(moved / spent / 1e3) : null,
          timing ? percent(100 * total(group.launches, "bound") / spent) : null].filter(cell => cell !== null);
        return make("tr", {}, make("td", {}, make("i", { class: "kind", style: "background:" + colours[group.kind] }), group.name),
          cells.map(cell => make("td", { class: "number" }, String(cell))));
      })));
    });

    // Scopes that together hold all launches: the largest is split until there are enough.
    function lanes(program, most) {
      let groups = [program.trees.scope ??= tree(program, true)];
      for (;;) {
        const largest = groups.filter(node => node.children.some(child => child.launch === undefined))
          .sort((a, b) => share(program, b.launches) - share(program, a.launches))[0];
        if (!largest || (groups.length > 1 && share(program, largest.launches) < 0.15)) break;
        const scopes = largest.children.filter(child => child.launch === undefined);
        const own = largest.children.filter(child => child.launch !== undefined);
        const parts = [...scopes];
        if (own.length > 0) parts.push({ label: largest.label || "(no scope)", launches: own.map(child => child.launches[0]), children: [] });
        if (groups.length - 1 + parts.length > most && groups.length > 1) break;
        groups = groups.flatMap(node => node === largest ? parts : [node]);
      }
      const early = node => node.launches[Math.floor(node.launches.length / 10)].index;
      return groups.sort((a, b) => early(a) - early(b));
    }

    painters.push(() => {
      const timing = program.timing;
      const body = section("order", "Each mark is a launch, in the row of its scope; from left to right "
        + (timing ? "the time of a run, as wide as a launch takes." : "the launches in their order.") + " Click one for its details.");
      let groups = lanes(program, 18);
      if (groups.length > 18) {
        const kept = new Set([...groups].sort((a, b) => share(program, b.launches) - share(program, a.launches)).slice(0, 17));
        const rest = groups.filter(node => !kept.has(node)).flatMap(node => node.launches);
        groups = groups.filter(node => kept.has(node));
        groups.push({ label: "all others", launches: rest, children: [] });
      }
      const [left, width, high] = [220, 1000, 17];
      const starts = [];
      let at = 0;
      for (const launch of program.launches) { starts.push(at); at += timing ? launch.weight : 1; }
      const x = value => left + width * value / (at || 1);
      const svg = make("svg", { width: left + width + 16, height: groups.length * high + 26 });
      groups.forEach((group, row) => {
        const y = row * high;
        const label = make("text", { x: left - 8, y: y + 12, "text-anchor": "end" },
          group.label.length > 34 ? "…" + group.label.slice(-33) : group.label);
        svg.append(hover(label, `${group.label}: ${group.launches.length} launches`),
          make("line", { class: "grid", x1: left, x2: left + width, y1: y + high - 1, y2: y + high - 1 }));
        for (const launch of group.launches) {
          const mark = make("rect", { class: "launch", x: x(starts[launch.index]).toFixed(2), y: y + 2, height: high - 5,
            width: Math.max(x((timing ? launch.weight : 1)) - left, 0.7).toFixed(2), fill: colours[launch.kind],
            click: () => { select(launch); reveal(); } });
          svg.append(hover(mark, `${launch.index}: ${launchName(launch)} ${launch.shape}` + (timing ? ", " + time(launch.time) : "")));
        }
      });
      for (const tick of ticks(at)) svg.append(make("text", { x: x(tick), y: groups.length * high + 18,
        "text-anchor": tick > 0.97 * at ? "end" : "middle" }, timing ? time(tick) : String(tick)));
      body.append(legend(program), svg);
    });
    """#
}
