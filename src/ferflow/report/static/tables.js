"use strict";
// The tables: measured times, sorting by a column, filters by model and remedy.

// Measured times are not part of the page: timings/timings.js, where there is one, brings them.
for (const cell of document.querySelectorAll("[data-timing]")) {
  const seeds = Object.values((window.FERFLOW_TIMINGS || {})[cell.dataset.experiment] || {});
  const known = seeds.map((times) => times[cell.dataset.timing]).filter((time) => typeof time === "number");
  if (known.length) {
    const mean = known.reduce((sum, time) => sum + time, 0) / known.length;
    cell.textContent = mean >= 99.5 ? mean.toFixed(0) : mean.toPrecision(2);
    cell.dataset.sort = mean;
  }
}

function sortKey(row, column) {
  const cell = row.cells[column];
  const text = cell.dataset.sort ?? cell.textContent.trim();
  const number = Number(text);
  return text === "" || Number.isNaN(number) ? text : number;
}

function compare(a, b) {
  const aEmpty = a === "" || a === "–";
  const bEmpty = b === "" || b === "–";
  if (aEmpty || bEmpty) return { order: aEmpty - bEmpty, fixed: true }; // what is missing stays last
  const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
  return { order, fixed: false };
}

for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[table.tHead.rows.length - 1].cells];
  const body = table.tBodies[0];
  heads.forEach((head, column) => {
    head.querySelector("button")?.addEventListener("click", () => {
      const isNumber = [...body.rows].some((row) => typeof sortKey(row, column) === "number");
      const first = isNumber ? "descending" : "ascending"; // of numbers one wants the largest first
      const second = isNumber ? "ascending" : "descending";
      const direction = head.getAttribute("aria-sort") === first ? second : first;
      heads.forEach((other) => other.setAttribute("aria-sort", other === head ? direction : "none"));
      const rows = [...body.rows].map((row) => ({ row, key: sortKey(row, column) }));
      rows.sort((a, b) => {
        const { order, fixed } = compare(a.key, b.key);
        return fixed || direction === "ascending" ? order : -order;
      });
      body.append(...rows.map(({ row }) => row));
    });
  });
}

function choices(rows, key) {
  return [...new Set(rows.flatMap((row) => row.dataset[key].split("|")))].sort();
}

function makeSelect(word, key, values, onChange) {
  const label = document.createElement("label");
  const select = document.createElement("select");
  select.append(new Option(`any ${word}`, ""), ...values.map((value) => new Option(value, value)));
  select.dataset.filter = key;
  select.addEventListener("change", onChange);
  label.append(`${word[0].toUpperCase()}${word.slice(1)} `, select);
  return { label, select };
}

// A row of two experiments has two models, as "a|b": it stays where either is the one chosen.
for (const table of document.querySelectorAll("table.filterable")) {
  const rows = [...table.tBodies[0].rows];
  const status = document.createElement("p");
  status.className = "filtered";
  status.setAttribute("role", "status");
  const apply = () => {
    for (const row of rows) {
      row.hidden = selects.some(({ select }) => select.value && !row.dataset[select.dataset.filter].split("|").includes(select.value));
    }
    const shown = rows.filter((row) => !row.hidden).length;
    const chosen = selects.map(({ select }) => select.value).filter(Boolean);
    status.textContent = chosen.length ? `${shown} of ${rows.length} rows: ${chosen.join(", ")}.` : "";
  };
  const selects = [["model", "model"], ["remedy", "remedy"]]
    .map(([word, key]) => makeSelect(word, key, choices(rows, key), apply))
    .filter(({ select }) => select.options.length > 2); // one choice is none
  if (!selects.length) continue;
  const bar = document.createElement("div");
  bar.className = "controls";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", `Filter: ${table.parentElement.getAttribute("aria-label")}`);
  bar.append(...selects.map(({ label }) => label));
  table.parentElement.before(bar, status);
}
