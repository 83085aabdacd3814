extension PlanPage {
  /// What each rule did and let be, by reason, and the subjects of each.
  static let decisionScript = #"""
    const decisionTag = decision => make("span", { class: decision[4] < 0 ? "tag done" : "tag not" },
      program.texts[decision[0]] + (decision[4] < 0 ? ": done" : ": not"));
    function decisionText(decision, isGrouped = false) {
      const texts = program.texts;
      const targets = [];
      for (let at = 5; at < decision.length; at += 3) targets.push(texts[decision[at]] + (texts[decision[at + 1]] ? " of " + texts[decision[at + 1]] : ""));
      const shown = targets.slice(0, 4).join(", ") + (targets.length > 4 ? ` and ${targets.length - 4} more` : "");
      return make("span", {}, `${texts[decision[1]]} of ${texts[decision[2]] || "(no path)"} `, make("span", { class: "note" }, texts[decision[3]]),
        shown ? " → " + shown : "", decision[4] < 0 || isGrouped ? "" : ": " + texts[decision[4]]);
    }

    painters.push(() => {
      const body = section("decisions", "What the passes and the planning of memory recorded while compiling: what a rule looked at and did, or why it let it be. "
        + "A rule is named by its pass; values are as that pass found them. Open one for the values.");
      const texts = program.texts;
      const place = make("div", {});
      const paint = () => {
        const words = program.search.toLowerCase().split(" ").filter(word => word);
        const rules = new Map();
        for (const decision of program.decisions) {
          if (words.length > 0) {
            const line = [0, 1, 2, 3].map(field => texts[decision[field]]).join(" ").toLowerCase() + (decision[4] < 0 ? " done" : " not " + texts[decision[4]].toLowerCase());
            if (!words.every(word => line.includes(word))) continue;
          }
          const groups = rules.get(decision[0]) ?? new Map();
          rules.set(decision[0], groups);
          groups.set(decision[4], [...(groups.get(decision[4]) ?? []), decision]);
        }
        const nodes = [];
        for (const [rule, groups] of rules) {
          const all = [...groups.values()].flat();
          const done = groups.get(-1)?.length ?? 0;
          nodes.push(make("h3", {}, texts[rule] + " ", make("span", { class: "note" }, `${done} done, ${all.length - done} not. ${program.purposes[texts[rule]] ?? ""}`)),
            make("div", { class: "stack", style: "height:8px" }, make("div", { style: `width:${100 * done / all.length}%;background:#4ade80` }),
              make("div", { style: `width:${100 - 100 * done / all.length}%;background:#fca5a5` })));
          for (const [reason, list] of [...groups].sort((a, b) => a[0] < 0 ? -1 : b[0] < 0 ? 1 : b[1].length - a[1].length)) {
            const box = make("details", { class: "decision " + (reason < 0 ? "done" : "not") },
              make("summary", {}, make("span", { class: reason < 0 ? "tag done" : "tag not" }, reason < 0 ? "done" : "not"),
                make("b", {}, String(list.length)), " " + (reason < 0 ? "" : texts[reason])));
            // Made when it is opened: there may be thousands.
            box.addEventListener("toggle", () => {
              if (!box.open || box.dataset.isFilled) return;
              box.dataset.isFilled = "yes";
              box.append(...list.slice(0, 300).map(decision => make("p", { class: "subject" }, decisionText(decision, true))));
              if (list.length > 300) box.append(make("p", { class: "note" }, `and ${list.length - 300} more: search to see them`));
            });
            nodes.push(box);
          }
        }
        place.replaceChildren(...nodes);
      };
      const search = make("input", { placeholder: "search: a path, an operation, a shape, a rule, done, not" });
      search.value = program.search;
      search.addEventListener("input", () => { program.search = search.value; paint(); });
      body.append(make("div", { class: "tools" }, search), place);
      paint();
    });
    """#
}
