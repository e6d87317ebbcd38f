"use strict";
(() => {
  const root = document.documentElement;
  const every = (selector, inside = document) => [...inside.querySelectorAll(selector)];

  // light and dark
  const theme = document.getElementById("theme");
  const darkByDefault = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (root.dataset.theme || (darkByDefault.matches ? "dark" : "light")) === "dark";
  const say = () => theme.setAttribute("aria-pressed", String(dark()));
  theme.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; say(); });
  darkByDefault.addEventListener("change", say);
  say();

  // the record behind the page, as a file
  document.getElementById("save").addEventListener("click", (event) => {
    const link = document.createElement("a");
    const record = JSON.parse(document.getElementById("data").textContent);
    link.href = URL.createObjectURL(new Blob([JSON.stringify(record, null, 1) + "\n"], { type: "application/json" }));
    link.download = event.currentTarget.dataset.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
  every(".tools").forEach((tools) => { tools.hidden = false; });

  // tables that can be sorted and searched
  const order = (row, place) => {
    const cell = row.cells[place];
    return "order" in cell.dataset ? Number(cell.dataset.order) : cell.textContent.trim().toLowerCase();
  };
  const compare = (a, b) => {
    if (typeof a === typeof b) return a < b ? -1 : a > b ? 1 : 0;
    return typeof a === "number" ? -1 : 1;
  };
  const sort = (table, place) => {
    const heads = [...table.tHead.rows[0].cells];
    const down = heads[place].getAttribute("aria-sort") === "ascending";
    heads.forEach((head, number) => {
      if (number === place) head.setAttribute("aria-sort", down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    const rows = [...table.tBodies[0].rows].map((row) => [order(row, place), row]);
    rows.sort((a, b) => (down ? -1 : 1) * compare(a[0], b[0]));
    table.tBodies[0].append(...rows.map((pair) => pair[1]));
  };
  every(".searchable").forEach((box) => {
    const table = box.querySelector("table");
    [...table.tHead.rows[0].cells].forEach((head, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      button.addEventListener("click", () => sort(table, place));
      head.replaceChildren(button);
    });
    const field = box.querySelector("input");
    const found = box.querySelector(".found");
    field.addEventListener("input", () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      const rows = [...table.tBodies[0].rows];
      rows.forEach((row) => {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
      });
      const shown = rows.filter((row) => !row.hidden).length;
      found.textContent = words.length ? `${shown} of ${rows.length}` : "";
    });
    box.querySelector(".search").hidden = false;
  });

  // a table that is wider than its box can be scrolled by keyboard, and has a name then
  const reach = () => every(".scroll").forEach((box) => {
    if (box.scrollWidth > box.clientWidth + 1) {
      box.tabIndex = 0;
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", box.querySelector("caption").textContent);
    } else {
      ["tabindex", "role", "aria-label"].forEach((name) => box.removeAttribute(name));
    }
  });
  addEventListener("resize", reach);
  document.addEventListener("toggle", reach, true);
  reach();

  // where the reader is
  const links = new Map(every("nav.contents a").map((link) => [link.hash.slice(1), link]));
  const seen = new Set();
  const watch = new IntersectionObserver((entries) => {
    entries.forEach((entry) => (entry.isIntersecting ? seen.add(entry.target.id) : seen.delete(entry.target.id)));
    const here = [...links.keys()].find((anchor) => seen.has(anchor));
    if (here === undefined) return;
    links.forEach((link, anchor) => {
      if (anchor === here) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
  }, { rootMargin: "-15% 0px -70% 0px" });
  every("main > section").forEach((section) => watch.observe(section));

  // paper cannot be unfolded
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = every("details:not([open])");
    folded.forEach((details) => { details.open = true; });
  });
  addEventListener("afterprint", () => { folded.forEach((details) => { details.open = false; }); });
})();
