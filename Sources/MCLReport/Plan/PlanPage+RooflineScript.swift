extension PlanPage {
  /// The launches under the lines of memory and of arithmetic, and as a table that can be sorted.
  static let rooflineScript = #"""
    function rooflinePicture(timing) {
      const points = program.launches.filter(launch => launch.time > 0 && launch.flops > 0 && launch.bytes > 0);
      const [width, height, left, right, top, bottom] = [1236, 470, 60, 1220, 14, 430];
      const [peak, bandwidth] = [timing.gigaflops, timing.gigabytes];
      const ridge = peak / bandwidth;
      const speed = launch => launch.flops / launch.time / 1e3;
      const least = (values, other) => values.reduce((low, value) => Math.min(low, value), other);
      const most = (values, other) => values.reduce((high, value) => Math.max(high, value), other);
      const lowX = Math.pow(10, Math.floor(Math.log10(least(points.map(launch => launch.intensity), ridge) * 0.8)));
      const highX = Math.pow(10, Math.ceil(Math.log10(most(points.map(launch => launch.intensity), ridge * 4) * 1.1)));
      const lowY = Math.max(1e-3, Math.pow(10, Math.floor(Math.log10(least(points.map(speed), lowX * bandwidth)))));
      const highY = most(points.map(speed), peak) * 1.8;
      const x = value => left + (right - left) * Math.log(value / lowX) / Math.log(highX / lowX);
      const y = value => bottom - (bottom - top) * Math.log(Math.max(value, lowY) / lowY) / Math.log(highY / lowY);
      const svg = make("svg", { width, height, id: "roof" });
      const power = value => value >= 1 ? count(value) : String(Number(value.toPrecision(1)));
      for (let value = lowX; value <= highX * 1.001; value *= 10) svg.append(
        make("line", { class: "grid", x1: x(value), x2: x(value), y1: top, y2: bottom }),
        make("text", { x: x(value), y: bottom + 16, "text-anchor": value * 1.001 > highX ? "end" : "middle" }, power(value)));
      for (let value = lowY; value <= highY; value *= 10) svg.append(
        make("line", { class: "grid", x1: left, x2: right, y1: y(value), y2: y(value) }),
        make("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, power(value)));
      svg.append(make("text", { x: (left + right) / 2, y: bottom + 34, "text-anchor": "middle" }, "FLOP a byte, each byte moved once"),
        make("text", { x: left + 6, y: top + 10 }, "GFLOP/s"));
      const start = Math.max(lowX, lowY / bandwidth);
      const roof = { stroke: "#111827", "stroke-width": 1.6 };
      svg.append(make("line", { ...roof, x1: x(start), y1: y(start * bandwidth), x2: x(ridge), y2: y(peak) }),
        make("line", { ...roof, x1: x(ridge), y1: y(peak), x2: right, y2: y(peak) }),
        make("text", { x: right - 4, y: y(peak) - 6, "text-anchor": "end" }, `multiply-adds in registers: ${digits(peak)} GFLOP/s`),
        make("text", { x: x(start * 2.2) + 8, y: y(start * 2.2 * bandwidth) + 18 }, `copies: ${digits(bandwidth)} GB/s`));
      // Small ones last, so that none is hidden.
      for (const launch of [...points].sort((a, b) => b.time - a.time)) {
        const radius = 2.6 + 22 * Math.sqrt(launch.weight / program.weight);
        svg.append(hover(make("circle", { class: "kernel", cx: x(launch.intensity).toFixed(1), cy: y(speed(launch)).toFixed(1),
          r: radius.toFixed(1), fill: colours[launch.kind], "fill-opacity": 0.55, click: () => { select(launch); reveal(); } }),
          `#${launch.index} ${launchName(launch)} ${launch.shape}: ${digits(speed(launch))} GFLOP/s in ${time(launch.time)}, ${percent(launch.reached)} of its bound`));
      }
      return svg;
    }

    function launchTable() {
      const timing = program.timing;
      const columns = [
        ["index", "#", launch => launch.index, launch => String(launch.index)],
        ["name", "launch", launchName, launchName],
        ["shape", "shape", launch => launch.shape, launch => launch.shape],
        timing ? ["time", "time", launch => launch.time, launch => time(launch.time)] : null,
        timing ? ["share", "share", launch => launch.weight, launch => launch.isPreparation ? "once" : percent(100 * launch.weight / program.weight)] : null,
        timing ? ["reached", "of its bound", launch => launch.reached, launch => percent(launch.reached)] : null,
        timing ? ["lost", "over bound", launch => launch.time - launch.bound, launch => time(Math.max(0, launch.time - launch.bound))] : null,
        timing ? ["bound", "bound by", launch => (launch.isMemoryBound ? 0 : 1), launch => launch.isMemoryBound ? "memory" : "arithmetic"] : null,
        ["flops", "FLOP", launch => launch.flops, launch => count(launch.flops)],
        ["bytes", "bytes", launch => launch.bytes, launch => bytes(launch.bytes)],
        ["intensity", "FLOP/B", launch => launch.intensity, launch => digits(launch.intensity)],
        timing ? ["speed", "GFLOP/s", launch => launch.flops / (launch.time || 1), launch => digits(launch.flops / (launch.time || 1) / 1e3)] : null,
        timing ? ["stream", "GB/s", launch => launch.bytes / (launch.time || 1), launch => digits(launch.bytes / (launch.time || 1) / 1e3)] : null,
      ].filter(column => column);
      const sort = program.sort;
      const key = columns.find(column => column[0] === sort.column)[2];
      const order = (a, b) => { const [p, q] = [key(a), key(b)]; return (p < q ? -1 : p > q ? 1 : a.index - b.index) * (sort.isUp ? 1 : -1); };
      const rows = [...program.launches].sort(order);
      const isText = column => column[0] === "name" || column[0] === "shape";
      const table = make("table", { id: "launches" }, make("tr", {}, columns.map(column => make("th", {
        class: "sorts" + (isText(column) ? "" : " number") + (sort.column === column[0] ? sort.isUp ? " up" : " on" : ""),
        "data-column": column[0],
        click: () => {
          program.sort = { ...sort, column: column[0], isUp: sort.column === column[0] ? !sort.isUp : isText(column) || column[0] === "index" };
          repaint();
        } }, column[1]))),
        rows.slice(0, sort.shown).map(launch => make("tr", { class: "link launch", click: () => { select(launch); reveal(); } },
          columns.map((column, index) => make("td", { class: column[0] === "shape" ? "shape" : isText(column) ? "" : "number" },
            index === 1 ? make("i", { class: "kind", style: "background:" + colours[launch.kind] }) : null, column[3](launch))))));
      const more = rows.length > sort.shown
        ? make("button", { class: "more", click: () => { program.sort = { ...sort, shown: rows.length }; repaint(); } }, `all ${rows.length}`) : null;
      return make("div", {}, table, more);
    }
    let repaint = () => {};

    painters.push(() => {
      const timing = program.timing;
      const body = section("roofline", timing
        ? "Each circle is a launch, its area the share of the time. The lines are what this machine gave in the same run: multiply-adds in registers, and copies of arrays larger than caches; a launch whose operands are still in a cache can be above the latter. Launches without arithmetic are in the table alone. Times are medians; where other programs ran at the same time, they are too long."
        : "Nothing was run (--no-timing), so there are no times: the launches by their work.");
      const place = make("div", {});
      repaint = () => place.replaceChildren(launchTable());
      if (timing) body.append(legend(program), rooflinePicture(timing));
      body.append(place);
      repaint();
    });
    """#
}
