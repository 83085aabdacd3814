extension PlanPage {
  /// What every section uses: elements, units, and what follows from the data of a program.
  static let baseScript = #"""
    const data = JSON.parse(document.getElementById("data").textContent);
    const vector = document.getElementById("seed").namespaceURI;
    const drawn = new Set(["svg", "g", "rect", "circle", "line", "path", "text", "title"]);
    const colours = ["#2563eb", "#ea580c", "#16a34a", "#9333ea", "#111827", "#0891b2"];

    // An element; text is never read as markup.
    function make(name, attributes = {}, ...children) {
      const node = drawn.has(name) ? document.createElementNS(vector, name) : document.createElement(name);
      for (const [key, value] of Object.entries(attributes)) {
        if (key === "click") node.addEventListener("click", value);
        else node.setAttribute(key, value);
      }
      for (const child of children.flat()) if (child !== null && child !== undefined) node.append(child);
      return node;
    }
    const hover = (node, text) => { node.append(make("title", {}, text)); return node; };
    const section = (name, about) => {
      const place = document.getElementById(name);
      place.querySelector(".about").textContent = about;
      const body = place.querySelector(".card, .split");
      body.replaceChildren();
      return body;
    };

    const digits = value => value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
    function scaled(value, step, units) {
      let unit = 0;
      while (value >= step && unit < units.length - 1) { value /= step; unit += 1; }
      return (unit === 0 && Number.isInteger(value) ? String(value) : digits(value)) + units[unit];
    }
    const bytes = value => scaled(value, 1024, [" B", " KiB", " MiB", " GiB"]);
    const count = value => scaled(value, 1000, ["", " k", " M", " G", " T"]);
    const time = value => value === null ? "" : scaled(value, 1000, [" µs", " ms", " s"]);
    const percent = value => value === null || !isFinite(value) ? "" : (value >= 10 ? value.toFixed(0) : value.toFixed(1)) + " %";
    const typeText = (program, type) => type < 0 ? "" : program.texts[type];

    // What is not in the data: times against bounds, names, the largest numbers.
    function prepare(program) {
      const timing = program.timing;
      program.launches.forEach((launch, index) => {
        launch.index = index;
        launch.isPreparation = index < program.preparationCount;
        launch.scopeText = program.texts[launch.scope];
        launch.pathText = program.texts[launch.path];
        const main = launch.parts.find(part => part[0] === 0) ?? launch.parts[0];
        launch.operation = main ? program.texts[main[1]] : program.kinds[launch.kind];
        launch.shape = main ? program.texts[main[3]] : "";
        launch.time = timing ? timing.launches[index] : null;
        launch.bound = timing ? Math.max(launch.flops / timing.gigaflops, launch.bytes / timing.gigabytes) / 1e3 : null;
        launch.reached = timing && launch.time > 0 ? 100 * launch.bound / launch.time : null;
        launch.isMemoryBound = timing ? launch.bytes / timing.gigabytes > launch.flops / timing.gigaflops : null;
        launch.intensity = launch.bytes > 0 ? launch.flops / launch.bytes : 0;
        // What a launch counts for where shares are shown.
        launch.weight = launch.isPreparation ? 0 : timing ? launch.time : launch.bytes;
      });
      program.weight = program.launches.reduce((sum, launch) => sum + launch.weight, 0) || 1;
      program.expanded = new Set();
      program.grouping = "scope";
      program.selected = null;
      program.sort = { column: timing ? "time" : "flops", isUp: false, shown: 40 };
      program.search = "";
      program.trees = {};
    }
    const share = (program, launches) => launches.reduce((sum, launch) => sum + launch.weight, 0) / program.weight;
    const total = (launches, field) => launches.reduce((sum, launch) => sum + (launch[field] ?? 0), 0);
    // Microseconds of a run: what runs only once is in no sum.
    const spentIn = launches => total(launches.filter(launch => !launch.isPreparation), "time");
    const launchName = launch => launch.operation + (launch.pathText ? " of " + launch.pathText : "");
    const legend = program => {
      const used = new Set(program.launches.map(launch => launch.kind));
      return make("div", { class: "legend" }, program.kinds.map((name, kind) =>
        used.has(kind) ? make("span", {}, make("i", { style: "background:" + colours[kind] }), name) : null));
    };

    // Round numbers from 0 to at most `highest`.
    function ticks(highest, steps = 6) {
      const power = Math.pow(10, Math.floor(Math.log10(Math.max(highest, 1e-9) / steps)));
      const step = [1, 2, 5, 10].map(factor => factor * power).find(value => value * steps >= highest) ?? power;
      const result = [];
      for (let value = 0; value <= highest * 1.0001; value += step) result.push(value);
      return result;
    }

    let program = null;
    const painters = [];  // each draws one section of `program`
    const followers = [];  // each shows what is selected
    function select(launch, scope = null) {
      program.selected = { launch, scope };
      for (const follow of followers) follow();
    }
    """#
}
