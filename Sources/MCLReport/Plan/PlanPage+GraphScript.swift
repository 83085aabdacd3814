extension PlanPage {
  /// The launches as rows that open and close, with what flows between them as arcs at their left.
  static let graphScript = #"""
    const rowHeight = 26;
    let graph = null;

    function paintRows() {
      const { rows, rowOf } = visible();
      const edges = flows(rowOf);
      const timing = program.timing;
      const list = make("div", { class: "list" });
      const arcs = make("svg", { width: 130, height: rows.length * rowHeight });
      rows.forEach(({ node, depth, isOpen }, index) => {
        const launch = node.launch;
        const name = make("span", { class: "name", style: `padding-left:${14 * depth}px` });
        if (launch) {
          const shown = depth > 0 ? launch.operation : launchName(launch);
          name.append(make("span", { class: "toggle" }, ""), make("i", { class: "kind", style: "background:" + colours[launch.kind] }),
            shown + " ", make("small", {}, `${launch.shape} #${launch.index}`));
        } else {
          name.append(make("span", { class: "toggle" }, isOpen ? "▾" : "▸"),
            (node.short || node.label) + " ", make("small", {}, node.launches.length + " launches"));
        }
        name.title = launch ? `${launch.index}: ${launchName(launch)} ${launch.shape}` : node.label;
        const mix = make("span", { class: "mix" });
        const part = share(program, node.launches);
        if (part > 0) {
          const kinds = new Map();
          for (const item of node.launches) kinds.set(item.kind, (kinds.get(item.kind) ?? 0) + item.weight);
          for (const [kind, weight] of [...kinds].sort((a, b) => b[1] - a[1]))
            mix.append(make("span", { style: `width:${100 * weight / program.weight}%;background:${colours[kind]}` }));
        }
        const row = make("div", { class: "row node" + (launch ? "" : " scope"), "data-row": index,
          click: () => {
            if (launch) return select(launch);
            if (isOpen) program.expanded.delete(node.key); else program.expanded.add(node.key);
            paintRows();
            select(null, node);
          } },
          name, make("span", { class: "cell fused" }, fusedCount(node.launches)), timing ? make("span", { class: "cell" }, time(launch ? launch.time : spentIn(node.launches))) : null,
          timing ? make("span", { class: "cell" }, launch ? percent(launch.reached) : bounded(node.launches)) : null,
          make("span", { class: "cell" }, count(total(node.launches, "flops"))),
          make("span", { class: "cell" }, bytes(total(node.launches, "bytes"))), mix);
        list.append(row);
      });
      // The strongest; those of a row that is selected are drawn besides.
      const faint = Math.max(0.1, Math.min(0.3, 5 / Math.sqrt(edges.length + 1)));
      arcs.append(make("g", { class: "all" }, edges.slice(0, 500).map(edge => arc(edge, faint))), make("g", { class: "own" }));
      list.append(arcs);
      const head = make("div", { class: "row head" }, make("span", { class: "name" }, "scope or launch"),
        make("span", { class: "cell fused", title: "operations fused into launches" }, "fused"),
        timing ? make("span", { class: "cell" }, "time") : null, timing ? make("span", { class: "cell" }, "of bound") : null,
        make("span", { class: "cell" }, "FLOP"), make("span", { class: "cell" }, "bytes"),
        make("span", { class: "mix", style: "background:none;height:auto" }, "share"));
      graph.place.replaceChildren(head, list);
      Object.assign(graph, { rows, rowOf, edges });
      markRow();
    }

    function arc(edge, opacity) {
      const middle = row => (row + 0.5) * rowHeight;
      const reach = Math.min(118, 10 + 13 * Math.sqrt(Math.abs(edge.to - edge.from)));
      const [start, end] = [middle(edge.from), middle(edge.to)];
      return make("path", { class: "arc", fill: "none", stroke: edge.from < edge.to ? "#2563eb" : "#ea580c",
        "stroke-opacity": opacity, "stroke-width": Math.max(0.6, Math.min(3, Math.log2(edge.moved + 1) / 9)).toFixed(2),
        d: `M 128 ${start} C ${128 - reach} ${start}, ${128 - reach} ${end}, 128 ${end}` });
    }

    // What share of their bounds launches reach together.
    function bounded(launches) {
      const timed = launches.filter(launch => launch.time > 0 && !launch.isPreparation);
      return timed.length === 0 ? "" : percent(100 * total(timed, "bound") / total(timed, "time"));
    }
    // Operations besides those that gave the launches their form.
    function fusedCount(launches) {
      const inside = launches.reduce((sum, launch) => sum + launch.parts.filter(part => part[0] !== 0).length, 0);
      return inside > 0 ? "+" + inside : "";
    }

    function markRow() {
      const chosen = program.selected;
      let row = -1;
      if (chosen && chosen.launch) row = graph.rowOf[chosen.launch.index];
      else if (chosen && chosen.scope) row = graph.rows.findIndex(item => item.node.key === chosen.scope.key);
      graph.place.querySelectorAll(".row.on").forEach(node => node.classList.remove("on"));
      if (row >= 0) graph.place.querySelector(`[data-row="${row}"]`)?.classList.add("on");
      const own = graph.edges.filter(edge => edge.from === row || edge.to === row).slice(0, 300);
      graph.place.querySelector("g.own").replaceChildren(...own.map(edge => arc(edge, 0.95)));
      graph.place.querySelector("g.all").setAttribute("opacity", own.length > 0 ? 0.35 : 1);
    }

    // Opens the scopes around what is selected and brings it into view.
    function reveal() {
      const launch = program.selected?.launch;
      if (!launch) return;
      const find = node => node.children.map(child => child.launch === launch ? child
        : child.launch === undefined && child.launches.includes(launch) ? find(child) : null).find(found => found);
      for (let node = find(currentTree())?.parent; node; node = node.parent) program.expanded.add(node.key);
      paintRows();
      document.getElementById("graph").scrollIntoView({ block: "start" });
      const row = graph.place.querySelector(".row.on");
      if (row) graph.place.scrollTop = row.offsetTop - 300;
    }

    painters.push(() => {
      const body = section("graph", "Scopes are parts of the model's paths; click one to open it, a launch for what it reads, makes and has fused in. "
        + "Arcs join what makes a value with what reads it: blue downwards, orange upwards, thicker for more bytes. "
        + "Fused: operations carried out in launches of others. What makes the gradient or the new value of a state stands where the state is read.");
      const place = make("div", { class: "card rows" });
      const choose = grouping => () => {
        program.grouping = grouping;
        if (grouping === "order" && !program.trees.order) openFirst(program, currentTree());
        painters[graphPainter]();
      };
      const button = (name, isOn, click) => make("button", { class: isOn ? "on" : "", click }, name);
      const everything = isOpen => () => {
        const walk = node => { if (node.launch === undefined) { program.expanded.add(node.key); node.children.forEach(walk); } };
        program.expanded.clear();
        if (isOpen) walk(currentTree());
        paintRows();
      };
      const tools = make("div", { class: "tools" },
        button("whole scopes", program.grouping === "scope", choose("scope")),
        button("as scheduled", program.grouping === "order", choose("order")),
        button("close all", false, everything(false)), button("open all", false, everything(true)));
      const detail = make("div", { class: "card detail" });
      graph = { place, detail };
      body.append(make("div", {}, tools, legend(program), place), detail);
      if (program.expanded.size === 0) openFirst(program, currentTree());
      paintRows();
      paintDetail();
    });
    const graphPainter = painters.length - 1;
    followers.push(() => { markRow(); paintDetail(); });
    """#
}
