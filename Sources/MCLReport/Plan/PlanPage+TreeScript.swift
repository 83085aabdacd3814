extension PlanPage {
  /// Launches grouped by their scopes: all of a scope together, or only those that run one after the other.
  static let treeScript = #"""
    function tree(program, joinsAll) {
      const paths = program.launches.map(launch => launch.scopeText === "" ? [] : launch.scopeText.split("."));
      const early = node => node.launches[Math.floor(node.launches.length / 10)].index;
      function leaf(launch, parent) {
        return { key: "launch " + launch.index, label: launch.scopeText, launches: [launch], launch, children: [], parent };
      }
      function build(launches, depth, key, label, above, parent) {
        const groups = [];
        const known = new Map();
        for (const launch of launches) {
          const part = paths[launch.index][depth];
          if (part === undefined) { groups.push({ launches: [launch] }); continue; }
          const last = groups[groups.length - 1];
          let group = joinsAll ? known.get(part) : last && last.part === part ? last : undefined;
          if (!group) {
            group = { part, launches: [] };
            groups.push(group);
            known.set(part, group);
          }
          group.launches.push(launch);
        }
        const name = part => label === "" ? part : label + "." + part;
        // A scope with nothing but one other in it is one with that.
        if (groups.length === 1 && groups[0].part !== undefined)
          return build(launches, depth + 1, key, name(groups[0].part), above, parent);
        const node = { key, label, short: label.slice(above.length).replace(/^\./, ""), launches, children: [], parent };
        node.children = groups.map(group => group.part === undefined || group.launches.length === 1
          ? leaf(group.launches[0], node)
          : build(group.launches, depth + 1, key + "/" + group.part + (joinsAll ? "" : "#" + group.launches[0].index),
            name(group.part), label, node));
        // By where most of a scope is from on: a single early launch of it does not bring it forward.
        if (joinsAll) node.children.sort((a, b) => early(a) - early(b) || a.launches[0].index - b.launches[0].index);
        return node;
      }
      return build(program.launches, 0, "", "", "", null);
    }

    // Opens the heaviest scopes until about as many rows are seen as fit.
    function openFirst(program, root, rows = 34) {
      let seen = root.children.length;
      const candidates = [...root.children];
      for (;;) {
        const fitting = candidates.filter(node => node.launch === undefined && seen + node.children.length <= rows);
        if (fitting.length === 0) return;
        const next = fitting.sort((a, b) => share(program, b.launches) - share(program, a.launches))[0];
        candidates.splice(candidates.indexOf(next), 1, ...next.children);
        program.expanded.add(next.key);
        seen += next.children.length;
      }
    }
    const currentTree = () => program.trees[program.grouping] ??= tree(program, program.grouping === "scope");

    // The rows that are seen, and the row that stands for each launch.
    function visible() {
      const rows = [];
      const rowOf = new Array(program.launches.length).fill(-1);
      function walk(node, depth) {
        const isOpen = program.expanded.has(node.key) && node.launch === undefined;
        rows.push({ node, depth, isOpen });
        if (isOpen) node.children.forEach(child => walk(child, depth + 1));
        else for (const launch of node.launches) rowOf[launch.index] = rows.length - 1;
      }
      currentTree().children.forEach(child => walk(child, 0));
      return { rows, rowOf };
    }

    // What flows from row to row: bytes of the values that launches of one make and launches of the other read.
    function flows(rowOf) {
      const found = new Map();
      for (const launch of program.launches) {
        for (const operand of launch.operands) {
          const value = program.values[operand];
          if (value.maker < 0 || value.maker === launch.index) continue;
          const [from, to] = [rowOf[value.maker], rowOf[launch.index]];
          if (from === to) continue;
          const key = from * 65536 + to;
          found.set(key, (found.get(key) ?? 0) + value.bytes);
        }
      }
      return [...found].map(([key, moved]) => ({ from: Math.floor(key / 65536), to: key % 65536, moved }))
        .sort((a, b) => b.moved - a.moved);
    }
    """#
}
