"use strict";
// Everything it works on stands in the tables already; it moves rows and hides them, and makes no markup of text.
for (const whole of document.querySelectorAll(".sortable")) {
  const body = whole.querySelector("tbody");
  const rows = [...body.rows];
  const heads = [...whole.querySelectorAll("thead th")];
  const collator = new Intl.Collator("en", { numeric: true });
  const value = (row, at) => {
    const cell = row.cells[at];
    return cell.dataset.sort === undefined ? cell.textContent : Number(cell.dataset.sort);
  };
  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : collator.compare(a, b));
  heads.forEach((head, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((one) => one.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const sign = down ? -1 : 1;
      const keyed = rows.map((row) => [value(row, at), row]);
      keyed.sort((a, b) => sign * compare(a[0], b[0]));
      body.append(...keyed.map((pair) => pair[1]));
    });
  });
  const filter = whole.querySelector(".filter");
  const status = filter.querySelector("[role=status]");
  const texts = rows.map((row) =>
    [...row.cells].map((cell) => cell.textContent + " " + (cell.dataset.find || "")).join(" ").toLowerCase()
  );
  filter.querySelector("input").addEventListener("input", (event) => {
    const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, at) => {
      row.hidden = !words.every((word) => texts[at].includes(word));
      shown += row.hidden ? 0 : 1;
    });
    status.textContent = words.length ? shown + " of " + rows.length : "";
  });
  filter.hidden = rows.length < 2;
}
// On paper nothing can be unfolded.
const folded = () => document.querySelectorAll("details:not([open])");
window.addEventListener("beforeprint", () =>
  folded().forEach((one) => { one.open = true; one.dataset.folded = ""; })
);
window.addEventListener("afterprint", () =>
  document.querySelectorAll("details[data-folded]").forEach((one) => {
    one.open = false;
    delete one.dataset.folded;
  })
);
