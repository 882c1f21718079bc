// What every page does: the theme switch, forms that send themselves, tables behind charts, parts that come later.

const root = document.documentElement;

function dark() {
  const t = root.dataset.theme;
  return t ? t === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

for (const button of document.querySelectorAll("[data-theme-switch]")) {
  const name = () => { button.textContent = dark() ? "浅色" : "深色"; };
  name();
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    try { localStorage.setItem("theme", root.dataset.theme); } catch { /* lasts for this page only */ }
    name();
    document.dispatchEvent(new CustomEvent("themechange"));
  });
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => document.dispatchEvent(new CustomEvent("themechange")));

for (const form of document.querySelectorAll("form[data-submit]")) {
  // Arrow keys change a list at every step: who uses them is asked for Enter, or for leaving the list.
  let keys = false, changed = false;
  const send = () => { if (changed) form.submit(); };
  form.addEventListener("pointerdown", () => { keys = false; });
  form.addEventListener("keydown", (e) => { keys = true; if (e.key === "Enter") send(); });
  form.addEventListener("change", () => { changed = true; if (!keys) send(); });
  form.addEventListener("focusout", send);
}

// The key of a one-time link is not left in the address or the history; a link that asks for nothing opens by itself.
for (const form of document.querySelectorAll("form[data-link]")) {
  history.replaceState(null, "", location.pathname);
  if ("go" in form.dataset) form.submit();
}

for (const button of document.querySelectorAll("[data-table]")) {
  const table = document.getElementById(button.getAttribute("aria-controls"));
  if (!table) continue;
  button.hidden = false;
  button.addEventListener("click", () => {
    const open = table.classList.toggle("open");
    button.setAttribute("aria-expanded", String(open));
    if (open) table.focus({ preventScroll: true });
  });
}

// A click beside an open menu, or Escape, closes it.
document.addEventListener("click", (e) => {
  for (const d of document.querySelectorAll("details.range[open]")) if (!d.contains(e.target)) d.open = false;
});
document.addEventListener("keydown", (e) => {
  if (e.key !== "Escape") return;
  for (const d of document.querySelectorAll("details.range[open]")) { d.open = false; d.querySelector("summary").focus(); }
});

// Parts that take longer than the page come when they are ready.
for (const part of document.querySelectorAll("[data-fragment]")) {
  fetch(part.dataset.fragment + location.search, { headers: { Accept: "text/html" } })
    .then((r) => (r.ok ? r.text() : Promise.reject(new Error(String(r.status)))))
    .then((html) => part.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes))
    .catch(() => { part.querySelector(".base").textContent = "暂时无法取得，请刷新页面。"; });
}

export function toast(text) {
  const p = document.createElement("p");
  p.className = "toast";
  p.setAttribute("role", "status");
  p.textContent = text;
  document.body.append(p);
  setTimeout(() => p.remove(), 2500);
}

if (document.querySelector("[data-chart]")) import("./chart.js").then((m) => m.drawAll());
if (document.querySelector("[data-map]")) import("./map.js");
if (document.querySelector("[data-draw]")) import("./draw.js");
if (document.querySelector("[data-borders]")) import("./borders.js");
if (document.querySelector("[data-drop], [data-live]")) import("./data.js");
