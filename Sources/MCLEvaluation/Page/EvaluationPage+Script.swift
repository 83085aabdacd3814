extension EvaluationPage {
  /// Tables that sort, the picture of confusions, the class that the map shows. Without it the page can still be read.
  static let script = #"""
    for (const table of document.querySelectorAll("table.sorts")) {
      const heads = [...table.querySelectorAll("thead th")];
      heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
        const falls = head.getAttribute("aria-sort") === "ascending";
        heads.forEach(other => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", falls ? "descending" : "ascending");
        const value = row => row.cells[column].dataset.v ?? row.cells[column].textContent;
        const isNumber = head.classList.contains("number");
        const rows = [...table.tBodies[0].rows].map((row, place) => ({ row, place, value: value(row) }));
        rows.sort((a, b) => {
          const order = isNumber ? Number(a.value || -1) - Number(b.value || -1) : a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
          return (falls ? -order : order) || a.place - b.place;
        });
        table.tBodies[0].append(...rows.map(item => item.row));
      }));
    }
    const canvas = document.getElementById("matrix");
    if (canvas) {
      const { names, totals, cells } = JSON.parse(document.getElementById("confusions").textContent);
      const side = Math.max(2, Math.floor(800 / names.length));
      canvas.width = canvas.height = side * names.length;
      const pen = canvas.getContext("2d");
      pen.fillStyle = "white";
      pen.fillRect(0, 0, canvas.width, canvas.height);
      const counts = new Map();
      for (const [row, column, count] of cells) {
        counts.set(row * names.length + column, count);
        const share = 0.25 + 0.75 * count / totals[row];
        pen.fillStyle = row === column ? `rgba(11,107,203,${share})` : `rgba(194,65,12,${share})`;
        pen.fillRect(column * side, row * side, side, side);
      }
      canvas.addEventListener("mousemove", event => {
        const box = canvas.getBoundingClientRect();
        const at = (position, length) => Math.min(names.length - 1, Math.max(0, Math.floor(position / length * names.length)));
        const row = at(event.clientY - box.top, box.height), column = at(event.clientX - box.left, box.width);
        const count = counts.get(row * names.length + column) ?? 0;
        document.getElementById("cell").textContent = row === column
          ? `${names[row]}: ${count} of ${totals[row]} test videos are right`
          : `${names[row]} taken for ${names[column]}: ${count} of ${totals[row]} test videos`;
      });
    }
    document.getElementById("chosen").addEventListener("change", event => {
      for (const group of document.querySelectorAll(".map g"))
        group.classList.toggle("faint", event.target.value !== "" && group.dataset.class !== event.target.value);
    });
    """#
}
