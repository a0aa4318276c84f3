// The report is whole without this file: it only sorts tables and filters the lists of findings.
(() => {
  "use strict";
  const value = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.sort ?? cell.textContent.trim();
  };
  const order = new Intl.Collator("en", { numeric: true });

  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const descends = head.getAttribute("aria-sort") === "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", descends ? "descending" : "ascending");
        const rows = [...table.tBodies[0].rows].map((row) => [value(row, column), row]);
        rows.sort((a, b) => (descends ? order.compare(b[0], a[0]) : order.compare(a[0], b[0])));
        table.tBodies[0].append(...rows.map((pair) => pair[1]));
      });
    });
  }

  const findings = document.getElementById("findings");
  if (!findings) return;
  const groups = [...findings.querySelectorAll("details")].map((details) => ({
    details,
    name: details.querySelector("summary").textContent.toLowerCase(),
    rows: [...details.querySelectorAll("tbody tr")].map((row) => [row, row.textContent.toLowerCase()]),
  }));
  const box = document.createElement("div");
  box.className = "filter";
  box.setAttribute("role", "search");
  const label = document.createElement("label");
  label.textContent = "Filter the findings listed here";
  label.htmlFor = "filter";
  const input = document.createElement("input");
  input.id = "filter";
  input.type = "search";
  const state = document.createElement("span");
  state.setAttribute("role", "status");
  box.append(label, input, state);
  findings.querySelector("h2").after(box);
  let timer = 0;
  const apply = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const group of groups) {
      let any = 0;
      for (const [row, text] of group.rows) {
        row.hidden = !words.every((word) => text.includes(word) || group.name.includes(word));
        if (!row.hidden) any += 1;
      }
      group.details.hidden = words.length > 0 && any === 0;
      shown += any;
    }
    state.textContent = words.length > 0 ? shown + " rows match" : "";
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(apply, 120);
  });
})();
