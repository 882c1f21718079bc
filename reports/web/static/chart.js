// Draws the options that stand in the page, and makes pictures of them. An option is data from the server; nothing in
// it is a function, and nothing of it becomes HTML.
import { toast } from "./site.js";

const echarts = window.echarts;
const drawn = new Map(); // element → { chart, option }
const outlines = new Map(); // address → promise of GeoJSON
const palette = JSON.parse(document.getElementById("palette").textContent); // light colour → dark colour

function dark() {
  const t = document.documentElement.dataset.theme;
  return t ? t === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

// themed exchanges the colours of the light ground for those of the dark one.
function themed(value) {
  if (typeof value === "string") return palette[value.toLowerCase()] ?? value;
  if (Array.isArray(value)) return value.map(themed);
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, themed(v)]));
  return value;
}

function outline(url) {
  if (!outlines.has(url)) {
    outlines.set(url, fetch(url).then((r) => (r.ok ? r.json() : Promise.reject(new Error(String(r.status))))));
  }
  return outlines.get(url);
}

async function prepare(option, url) {
  if (!url) return;
  const name = option.series[0].map;
  if (!echarts.getMap(name)) echarts.registerMap(name, await outline(url));
}

function show(el) {
  const { chart, option } = drawn.get(el);
  chart.setOption(dark() ? themed(option) : option, true);
}

async function draw(el) {
  const option = JSON.parse(el.querySelector("script").textContent);
  try {
    await prepare(option, el.dataset.outline);
  } catch {
    el.classList.remove("waiting");
    el.textContent = "图形暂时无法取得，请刷新页面；数据见表格。";
    return;
  }
  el.classList.remove("waiting");
  if (Number(el.dataset.height) > el.clientHeight) el.style.height = el.dataset.height + "px";
  const chart = echarts.init(el, null, { renderer: "canvas" });
  drawn.set(el, { chart, option });
  show(el);
  if (el.dataset.drill) {
    chart.on("click", (p) => {
      const code = p.data && p.data.code;
      if (code) location.assign(el.dataset.drill.replace("CODE", encodeURIComponent(code)));
    });
  }
  new ResizeObserver(() => chart.resize()).observe(el);
}

// The picture for a document: drawn anew on white, with title, source and date inside.
async function picture(url, from) {
  const r = await fetch(url);
  if (!r.ok) throw new Error(String(r.status));
  const option = await r.json();
  await prepare(option, from.dataset.outline);
  return option;
}

const width = 1200, height = 675;

async function png(url, from) {
  const option = await picture(url, from);
  const box = document.createElement("div");
  const chart = echarts.init(box, null, { renderer: "canvas", width, height, devicePixelRatio: 2 });
  chart.setOption(option);
  const canvas = chart.renderToCanvas({ pixelRatio: 2, backgroundColor: "#ffffff" });
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  chart.dispose();
  return blob;
}

async function svg(url, from) {
  const option = await picture(url, from);
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  chart.setOption(option);
  const text = chart.renderToSVGString();
  chart.dispose();
  return new Blob([text], { type: "image/svg+xml" });
}

function save(blob, name) {
  const a = document.createElement("a");
  a.href = URL.createObjectURL(blob);
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 10_000);
}

function tools(el) {
  const box = el.closest("article, section").querySelector("[data-tools]");
  if (!box) return;
  const name = (box.closest("article, section").querySelector("h2").textContent + "-" + document.title).replace(/[\\/:*?"<>|\s]+/g, "_").slice(0, 80);
  const on = (selector, act) => {
    const button = box.querySelector(selector);
    if (!button) return;
    button.hidden = false;
    button.addEventListener("click", () => act(button).catch(() => toast("未能生成图片，请重试。")));
  };
  on("[data-png]", async (b) => save(await png(b.dataset.png, el), name + ".png"));
  on("[data-svg]", async (b) => save(await svg(b.dataset.svg, el), name + ".svg"));
  if (navigator.clipboard && window.ClipboardItem) {
    on("[data-copy]", async () => {
      const blob = png(box.querySelector("[data-png]").dataset.png, el);
      await navigator.clipboard.write([new ClipboardItem({ "image/png": await blob })]);
      toast("图片已复制，可以粘贴到文档中。");
    });
  }
}

export function drawAll() {
  for (const el of document.querySelectorAll("[data-chart]")) {
    draw(el);
    tools(el);
  }
  document.addEventListener("themechange", () => { for (const el of drawn.keys()) show(el); });
  addEventListener("beforeprint", () => { for (const { chart, option } of drawn.values()) chart.setOption(option, true); });
  addEventListener("afterprint", () => { for (const el of drawn.keys()) show(el); });
}
