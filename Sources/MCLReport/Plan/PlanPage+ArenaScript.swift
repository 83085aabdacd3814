extension PlanPage {
  /// The arena's places by the launches during which they are in use, and what is alive at the peak.
  static let arenaScript = #"""
    const roleColours = { result: "#60a5fa", byProduct: "#f59e0b", temporary: "#a1a1aa" };
    const roleNames = { result: "a launch's result", byProduct: "a by-product", temporary: "shared by one launch's tasks" };

    function valueText(value) {
      const maker = value.maker >= 0 ? program.launches[value.maker] : null;
      const type = typeText(program, value.type);
      return `${program.texts[value.name]} ${type} ${bytes(value.bytes)}, launches ${value.first} to ${value.last}`
        + (maker ? `, made by #${maker.index}` : "");
    }

    painters.push(() => {
      const launches = program.launches.length;
      const peak = program.liveBytes[program.peakLaunch] ?? 0;
      const body = section("arena", `From left to right the launches, upwards the place in the arena of ${bytes(program.arenaBytes)}; `
        + `each block is a value from the launch that makes it to the last that reads it. Most is alive at launch ${program.peakLaunch}: ${bytes(peak)}, `
        + `the rest of the arena being gaps. States (${bytes(program.stateBytes)}) and inputs (${bytes(program.inputBytes)}) stand outside.`);
      if (program.arenaBytes === 0 || launches === 0) { body.append(make("p", {}, "Nothing stands in an arena.")); return; }
      const [left, right, high, low] = [70, 1220, 90, 400];
      const x = launch => left + (right - left) * launch / launches;
      const svg = make("svg", { width: 1236, height: high + low + 60, id: "places" });
      // Bytes alive.
      const liveY = value => high - (high - 14) * value / program.arenaBytes;
      let path = `M ${x(0)} ${liveY(0)}`;
      program.liveBytes.forEach((value, launch) => { path += ` L ${x(launch).toFixed(2)} ${liveY(value).toFixed(2)} L ${x(launch + 1).toFixed(2)} ${liveY(value).toFixed(2)}`; });
      svg.append(make("path", { class: "live", d: path + ` L ${x(launches)} ${liveY(0)} Z`, fill: "#bfdbfe", stroke: "#2563eb", "stroke-width": 0.7 }),
        make("text", { x: left - 6, y: 20, "text-anchor": "end" }, bytes(program.arenaBytes)),
        make("text", { x: left - 6, y: high, "text-anchor": "end" }, "alive"),
        make("line", { class: "grid", x1: left, x2: right, y1: high, y2: high }));
      // Places.
      const top = high + 16;
      const y = offset => top + low - low * offset / program.arenaBytes;
      for (const tick of ticks(program.arenaBytes / 1048576)) svg.append(
        make("line", { class: "grid", x1: left, x2: right, y1: y(tick * 1048576), y2: y(tick * 1048576) }),
        make("text", { x: left - 6, y: y(tick * 1048576) + 4, "text-anchor": "end" }, tick * 1048576 === 0 ? "0" : bytes(tick * 1048576)));
      for (const tick of ticks(launches, 10)) svg.append(make("text", { x: x(tick), y: top + low + 16, "text-anchor": tick > 0.97 * launches ? "end" : "middle" }, String(Math.round(tick))));
      svg.append(make("text", { x: right, y: top + low + 34, "text-anchor": "end" }, "launch"));
      const atPeak = new Set(program.peakValues);
      const note = make("p", { class: "note" }, "Point at a block for what it is; click it for the launch that makes it.");
      program.values.forEach((value, index) => {
        if (value.offset < 0) return;
        const height = Math.max(low * value.bytes / program.arenaBytes, 0.4);
        svg.append(hover(make("rect", { class: "block", x: x(value.first).toFixed(2), width: Math.max(x(value.last + 1) - x(value.first), 0.5).toFixed(2),
          y: (y(value.offset) - height).toFixed(2), height: height.toFixed(2), fill: roleColours[value.role],
          "fill-opacity": atPeak.has(index) ? 0.95 : 0.6, stroke: "white", "stroke-width": height > 3 ? 0.4 : 0,
          click: () => { if (value.maker >= 0) { select(program.launches[value.maker]); reveal(); } } }), valueText(value)));
      });
      svg.append(make("line", { x1: x(program.peakLaunch + 0.5), x2: x(program.peakLaunch + 0.5), y1: 4, y2: top + low, stroke: "#dc2626", "stroke-dasharray": "4 3" }),
        make("text", { x: x(program.peakLaunch + 0.5) + (x(program.peakLaunch) > 1100 ? -6 : 6), y: 13, "text-anchor": x(program.peakLaunch) > 1100 ? "end" : "start" },
          `peak: ${bytes(peak)} alive at launch ${program.peakLaunch}`));
      body.append(make("div", { class: "legend" }, Object.entries(roleNames).map(([role, name]) =>
        make("span", {}, make("i", { style: "background:" + roleColours[role] }), name)), make("span", {}, "strong: alive at the peak")), svg, note);

      // At the peak.
      const place = make("div", {});
      const list = shown => {
        const rows = program.peakValues.slice(0, shown).map(index => {
          const value = program.values[index];
          const maker = value.maker >= 0 ? program.launches[value.maker] : null;
          return make("tr", { class: "link alive", click: () => { if (maker) { select(maker); reveal(); } } },
            make("td", {}, make("i", { class: "kind", style: "background:" + roleColours[value.role] }), program.texts[value.name]),
            make("td", {}, typeText(program, value.type)), make("td", { class: "number" }, bytes(value.bytes)),
            make("td", { class: "number" }, percent(100 * value.bytes / peak)), make("td", { class: "number" }, `${value.first} to ${value.last}`),
            make("td", {}, value.kept.map(name => program.texts[name]).join(", ")));
        });
        place.replaceChildren(make("h3", {}, `Alive at launch ${program.peakLaunch}: ${program.peakValues.length} values`),
          make("table", {}, make("tr", {}, ["value", "stored as", "size", "of what is alive", "launches", "kept as"].map((name, index) =>
            make("th", { class: index > 1 && index < 5 ? "number" : "" }, name))), rows),
          ...(program.peakValues.length > shown ? [make("button", { class: "more", click: () => list(program.peakValues.length) }, `all ${program.peakValues.length}`)] : []));
      };
      list(15);
      body.append(place);
    });
    """#
}
