// The map page: units coloured by class, rows as points, heat or hexagons, months that play, measuring, pictures. What it draws comes
// from the server; nothing of it becomes HTML but the card of a unit, which the server renders.
import { addContext } from "./mapcontext.js";
import { addReach } from "./mapreach.js";
import { toast } from "./site.js";

const el = document.querySelector("[data-map]");
const config = JSON.parse(el.querySelector("script").textContent);
const box = el.closest(".mapbox"), card = el.closest("article");
const palette = JSON.parse(document.getElementById("palette").textContent);
const find = (selector) => document.querySelector(selector);

const dark = () => {
  const t = document.documentElement.dataset.theme;
  return t ? t === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};
let onPaper = false; // while a picture is made or the page printed
const color = (light) => (dark() && !onPaper ? palette[light.toLowerCase()] ?? light : light);
const tokens = { card: "#ffffff", ink: "#1c1f23", ink2: "#5b626b", line: "#e4e4df", second: "#2f5f9e", accent: "#b3261e", overdue: "#d9480f" };
const family = getComputedStyle(document.body).fontFamily;

import(el.dataset.ol).then(start).catch((e) => {
  console.error(e);
  el.textContent = "地图暂时无法显示，请刷新页面；数字见下表。";
});

// No top-level await: the oldest browsers that we serve have none.
function start(ol) {
  el.replaceChildren();
  const { fromLonLat, toLonLat, transformExtent } = ol;
  const extent = transformExtent(config.extent, "EPSG:4326", "EPSG:3857");

  // ---- units ----

  let shown = config.units, colors = config.colors; // of the frame that plays
  let hover = "", selected = config.selected ?? "";

  const white = new Set(["#5f83a6", "#2f5a84", "#b3443c", "#7f1d17"]);
  const fillOf = (code) => {
    const u = shown[code];
    return !u ? "" : u.c < 0 ? config.missing : colors[u.c];
  };

  function unitStyle(feature, resolution) {
    const code = feature.getId(), light = fillOf(code);
    const marked = code === selected || code === hover;
    if (!light) return new ol.Style({ stroke: new ol.Stroke({ color: color(tokens.line), width: 0.8 }) });
    return new ol.Style({
      fill: new ol.Fill({ color: faded ? "rgba(0, 0, 0, 0)" : color(light) }), // also what is not seen can be clicked
      stroke: new ol.Stroke({ color: marked ? color(tokens.ink) : faded ? color(tokens.ink2) : color(tokens.card), width: marked ? 2.4 : faded ? 0.8 : 1.4 }),
      zIndex: marked ? 2 : 1,
    });
  }

  const tiles = new ol.VectorTileLayer({
    source: new ol.VectorTileSource({ format: new ol.MVT({ idProperty: "code" }), url: config.tiles, maxZoom: 18, tileSize: 512, overlaps: false }),
    declutter: true, renderMode: "vector", style: unitStyle,
  });

  // Under heat and hexagons the units are pale: two ramps in full colour cannot be read.
  const faded = config.points === "heat" || config.points === "hex";

  // Tiles are cut with soft edges: below them lie the same units in one piece, so that no seam shows.
  const under = new ol.VectorSource();
  const underLayer = new ol.VectorLayer({ source: under, opacity: faded ? 0.3 : 1, style: (f) => {
    const light = fillOf(f.get("code"));
    return light ? new ol.Style({ fill: new ol.Fill({ color: color(light) }) }) : undefined;
  } });
  if (config.under) {
    fetch(config.under).then((r) => r.json()).then((g) => under.addFeatures(new ol.GeoJSON().readFeatures(g, { featureProjection: "EPSG:3857" }))).catch(() => {});
  }

  // Names stand well inside their units, where they fit; a tile does not know where its neighbour ends.
  const names = new ol.VectorSource({ features: Object.entries(config.units).map(([code, u]) => {
    const f = new ol.Feature({ geometry: new ol.Point(fromLonLat(u.m)) });
    f.setId(code);
    return f;
  }) });
  const nameLayer = new ol.VectorLayer({ source: names, declutter: true, style: (f, resolution) => {
    const code = f.getId(), u = shown[code] ?? config.units[code], b = config.units[code].b;
    const wide = (fromLonLat([b[2], b[1]])[0] - fromLonLat([b[0], b[1]])[0]) / resolution;
    const label = u.n.length * 12 < wide * 1.25 ? u.n : "";
    if (!label && code !== selected) return undefined;
    const light = faded ? "" : fillOf(code);
    const pale = white.has(light) && !(dark() && !onPaper);
    return new ol.Style({ text: new ol.Text({
      text: (label || u.n) + (wide > 66 ? "\n" + u.t : ""), font: `12px ${family}`, overflow: true,
      fill: new ol.Fill({ color: pale ? "#ffffff" : dark() && !onPaper && (light === colors[colors.length - 1] || light === "#5f83a6" || light === "#b3443c") ? "#101418" : color(tokens.ink) }),
      stroke: new ol.Stroke({ color: light ? color(light) : color(tokens.card), width: 3 }),
    }), zIndex: u.c + 2 });
  } });

  // ---- rows ----

  const pointSource = new ol.VectorSource();
  const pointLayer = new ol.VectorLayer({ source: pointSource, style: pointStyle });
  let most = 1;

  function pointStyle(f) {
    const n = f.get("n");
    if (config.points === "hex") {
      return new ol.Style({ fill: new ol.Fill({ color: `rgba(127, 29, 23, ${(0.15 + 0.65 * Math.sqrt(n / most)).toFixed(3)})` }), stroke: new ol.Stroke({ color: color(tokens.card), width: 0.6 }) });
    }
    if (config.points === "heat") {
      return new ol.Style({ renderer: (at, state) => {
        const ctx = state.context, r = 26 * state.pixelRatio, a = 0.12 + 0.5 * Math.sqrt(n / most);
        const g = ctx.createRadialGradient(at[0], at[1], 0, at[0], at[1], r);
        g.addColorStop(0, `rgba(179, 38, 30, ${a})`);
        g.addColorStop(0.5, `rgba(217, 72, 15, ${a * 0.45})`);
        g.addColorStop(1, "rgba(217, 72, 15, 0)");
        ctx.fillStyle = g;
        ctx.fillRect(at[0] - r, at[1] - r, 2 * r, 2 * r);
      } });
    }
    const single = f.get("row");
    return new ol.Style({
      image: new ol.CircleStyle({ radius: single ? 5 : Math.min(9 + 2.6 * Math.log2(n), 30), fill: new ol.Fill({ color: color(tokens.second) }), stroke: new ol.Stroke({ color: color(tokens.card), width: 1.6 }) }),
      text: single ? undefined : new ol.Text({ text: String(n), font: `600 12px ${family}`, fill: new ol.Fill({ color: dark() && !onPaper ? "#101418" : "#ffffff" }) }),
    });
  }

  const get = async (url) => {
    const r = await fetch(url);
    if (!r.ok) throw new Error(String(r.status));
    return r.json();
  };
  const with_ = (url, params) => url + (url.includes("?") ? "&" : "?") + new URLSearchParams(params);

  let asked = 0;
  async function loadPoints() {
    if (!config.points) return;
    const turn = ++asked;
    const resolution = view.getResolution() * Math.cos((toLonLat(view.getCenter())[1] * Math.PI) / 180); // metres a pixel on the ground
    const px = { clusters: 34, heat: 9, hex: 20 }[config.points];
    const b = transformExtent(view.calculateExtent(map.getSize()), "EPSG:3857", "EPSG:4326").map((v) => v.toFixed(6)).join(",");
    try {
      let features;
      if (config.points === "clusters" && config.rows && resolution * px < 40) {
        const a = await get(with_(config.rows, { bbox: b }));
        features = a.points.map((p) => new ol.Feature({ geometry: new ol.Point(fromLonLat([p.x, p.y])), n: 1, row: p }));
        said(a.more > 0 ? `这里还有 ${a.more} 件没有画出，请再放大` : "");
      } else {
        const a = await get(with_(config.bins, { bbox: b, size: Math.max(25, Math.round(resolution * px)) }));
        most = a.bins.reduce((n, x) => Math.max(n, x[4]), 1);
        explain({ clusters: "圆圈：件数", heat: "热力：颜色越深，件数越多", hex: `蜂窝：每格宽约 ${Math.round(a.size * Math.sqrt(3))} 米，最多 ${most} 件` }[config.points]);
        features = a.bins.map((x) => new ol.Feature({ geometry: config.points === "hex" ? hexagon(a, x[0], x[1]) : new ol.Point(fromLonLat([x[2], x[3]])), n: x[4] }));
        said(a.note);
      }
      if (turn !== asked) return;
      pointSource.clear();
      pointSource.addFeatures(features);
    } catch {
      said("点位暂时无法取得，请稍后再试");
    }
  }

  function hexagon(a, q, r) {
    const x = a.size * Math.sqrt(3) * (q + r / 2), y = a.size * 1.5 * r;
    const ring = [];
    for (let k = 0; k <= 6; k++) {
      const t = (Math.PI / 3) * k + Math.PI / 6;
      ring.push(fromLonLat([a.lon0 + (x + a.size * Math.cos(t)) / a.mx, a.lat0 + (y + a.size * Math.sin(t)) / a.my]));
    }
    return new ol.Polygon([ring]);
  }

  // ---- the map ----

  const sketches = new ol.VectorSource();
  const sketchStyle = () => new ol.Style({ stroke: new ol.Stroke({ color: color(tokens.accent), width: 2, lineDash: [6, 4] }), fill: new ol.Fill({ color: "rgba(179, 38, 30, .1)" }), image: new ol.CircleStyle({ radius: 4, fill: new ol.Fill({ color: color(tokens.accent) }) }) });
  const sketchLayer = new ol.VectorLayer({ source: sketches, style: (f) => {
    const s = sketchStyle();
    if (f.get("words")) s.setText(new ol.Text({ text: f.get("words"), font: `600 13px ${family}`, overflow: true, placement: "point", fill: new ol.Fill({ color: color(tokens.ink) }), stroke: new ol.Stroke({ color: color(tokens.card), width: 4 }) }));
    return s;
  } });

  const layers = [];
  if (config.basemap) {
    layers.push(new ol.TileLayer({ source: new ol.XYZ({ url: config.basemap.url, maxZoom: config.basemap.zoom, attributions: config.basemap.attribution, attributionsCollapsible: false }), opacity: 0.75 }));
    tiles.setOpacity(0.72);
    underLayer.setVisible(false); // it would show through
  }
  layers.push(underLayer, tiles, pointLayer, nameLayer, sketchLayer);
  const view = new ol.View({ center: ol.getCenter(extent), zoom: 12, minZoom: 3, maxZoom: 20, constrainResolution: false, showFullExtent: true });
  const map = new ol.Map({
    target: el, view, layers, controls: [new ol.Zoom({ zoomInTipLabel: "放大", zoomOutTipLabel: "缩小" }), new ol.ScaleLine({ units: "metric" }), new ol.Attribution({ collapsible: false })],
    interactions: ol.defaultInteractions({ altShiftDragRotate: false, pinchRotate: false }),
  });
  el.map = map; // for who looks at it from the console, or in a test
  addContext(ol, map, config, color);
  addReach(ol, map, config, color, family);
  const whole = () => { // beside the key, where it lies on the map
    const key = find("[data-key]"), over = getComputedStyle(key).position === "absolute" ? key.offsetWidth + 16 : 0;
    view.fit(extent, { padding: [over ? 52 : 16, Math.min(over, el.clientWidth / 3) + 8, 36, 18], duration: 0 });
  };
  whole();
  map.once("rendercomplete", () => { el.dataset.ready = "1"; });

  function redraw() {
    tiles.changed();
    underLayer.changed();
    nameLayer.changed();
    pointLayer.changed();
    sketchLayer.changed();
    for (const r of box.querySelectorAll("[data-color]")) r.setAttribute("fill", color(r.dataset.color));
  }
  document.addEventListener("themechange", redraw);
  redraw();

  let moving = 0;
  map.on("moveend", () => { clearTimeout(moving); moving = setTimeout(loadPoints, 120); });

  function explain(text) {
    const p = find("[data-points-key]");
    p.textContent = text;
    p.hidden = !text;
  }

  function said(text) {
    const p = find("[data-said]");
    p.textContent = text ? text + "。" : "";
    p.hidden = !text;
  }

  // ---- pointing, choosing ----

  const tip = find("[data-tip]");
  function at(pixel) {
    let code = "", row = null, n = 0;
    map.forEachFeatureAtPixel(pixel, (f, layer) => {
      if (layer === pointLayer) { row ??= f.get("row"); n ||= f.get("n"); }
      if (layer === tiles && !code && shown[f.getId()]) code = f.getId();
    }, { hitTolerance: 3 });
    return { code, row, n };
  }
  map.on("pointermove", (e) => {
    if (e.dragging || measuring) return;
    const { code, row, n } = at(e.pixel);
    if (code !== hover) { hover = code; tiles.changed(); }
    el.style.cursor = code || row ? "pointer" : "";
    const lines = row ? [row.w || "（没有标题）", [row.o, row.d].filter(Boolean).join("・")] : code ? [shown[code].n, [shown[code].t, shown[code].d].filter(Boolean).join("　")] : [];
    if (n > 1) lines.push(`此处 ${n} 件`);
    tip.hidden = lines.length === 0;
    tip.replaceChildren(...lines.map((t) => Object.assign(document.createElement("p"), { textContent: t })));
    const left = Math.min(e.pixel[0] + 14, el.clientWidth - tip.offsetWidth - 8);
    tip.style.left = Math.max(4, left) + "px";
    tip.style.top = Math.max(4, Math.min(e.pixel[1] + 16, el.clientHeight - tip.offsetHeight - 8)) + "px";
  });
  el.addEventListener("pointerleave", () => { tip.hidden = true; if (hover) { hover = ""; tiles.changed(); } });
  map.on("singleclick", (e) => {
    if (measuring) return;
    const { code, n, row } = at(e.pixel);
    if (n > 1 && !row && config.points === "clusters") { view.animate({ center: e.coordinate, zoom: Math.min(view.getZoom() + 2, 19), duration: 250 }); return; }
    if (code) choose(code);
  });

  const place = find("[data-unit-card]");
  async function choose(code, pan) {
    selected = code;
    redraw();
    const u = config.units[code];
    if (pan && u) view.fit(transformExtent(u.b, "EPSG:4326", "EPSG:3857"), { padding: [60, 60, 60, 60], maxZoom: 17, duration: 250 });
    try {
      const r = await fetch(config.card.replace("CODE", encodeURIComponent(code)), { headers: { Accept: "text/html" } });
      if (!r.ok) throw new Error(String(r.status));
      place.replaceChildren(...new DOMParser().parseFromString(await r.text(), "text/html").body.childNodes);
      place.hidden = false;
      place.querySelector("[data-close]").addEventListener("click", () => { place.hidden = true; selected = ""; redraw(); el.focus(); });
      if (matchMedia("(max-width: 1100px)").matches) place.scrollIntoView({ block: "nearest", behavior: "smooth" });
    } catch {
      toast("暂时无法取得这个单位的情况，请重试。");
    }
  }

  // ---- search ----

  const finder = find("[data-mapfind]");
  finder.hidden = false;
  const input = finder.querySelector("input");
  finder.querySelector("datalist").replaceChildren(...Object.entries(config.units).slice(0, 3000).map(([code, u]) => Object.assign(document.createElement("option"), { value: u.n, label: code })));
  const search = () => {
    const text = input.value.trim();
    if (!text) return;
    const all = Object.entries(config.units);
    const hit = all.find(([code, u]) => u.n === text || code === text) ?? all.find(([code, u]) => u.n.includes(text) || code.startsWith(text));
    if (hit) choose(hit[0], true);
    else toast(`没有找到“${text}”。`);
  };
  finder.addEventListener("submit", (e) => { e.preventDefault(); search(); });
  input.addEventListener("change", search);

  for (const b of document.querySelectorAll(".hot button")) {
    b.addEventListener("click", () => {
      const at = fromLonLat([Number(b.dataset.lon), Number(b.dataset.lat)]);
      view.animate({ center: at, zoom: 16, duration: 250 });
      el.scrollIntoView({ block: "nearest", behavior: "smooth" });
    });
  }

  // ---- tools ----

  const tools = find("[data-map-tools]");
  tools.hidden = false;
  const tool = (selector, act) => tools.querySelector(selector).addEventListener("click", (e) => act(e.currentTarget));
  tool("[data-whole]", whole);
  tool("[data-print]", () => print());
  tool("[data-full]", () => (document.fullscreenElement ? document.exitFullscreen() : card.requestFullscreen()).catch(() => toast("浏览器不允许全屏。")));
  document.addEventListener("fullscreenchange", () => { tools.querySelector("[data-full]").textContent = document.fullscreenElement ? "退出全屏" : "全屏"; map.updateSize(); });

  // measuring
  let measuring = null;
  for (const b of tools.querySelectorAll("[data-measure]")) {
    b.addEventListener("click", () => {
      const was = measuring?.button;
      stopMeasuring();
      if (was !== b) measure(b);
    });
  }
  function stopMeasuring() {
    if (!measuring) return;
    map.removeInteraction(measuring.draw);
    measuring.button.setAttribute("aria-pressed", "false");
    sketches.clear();
    measuring = null;
    said("");
  }
  function measure(button) {
    const line = button.dataset.measure === "line";
    const draw = new ol.Draw({ source: sketches, type: line ? "LineString" : "Polygon", style: sketchStyle });
    draw.on("drawstart", () => sketches.clear());
    draw.on("drawend", (e) => {
      const g = e.feature.getGeometry(), m = line ? ol.getLength(g) : ol.getArea(g);
      const words = line ? (m < 1000 ? `${m.toFixed(0)} 米` : `${(m / 1000).toFixed(2)} 公里`) : m < 1e6 ? `${m.toFixed(0)} 平方米` : `${(m / 1e6).toFixed(3)} 平方公里`;
      e.feature.set("words", words);
      said((line ? "距离 " : "面积 ") + words);
    });
    map.addInteraction(draw);
    button.setAttribute("aria-pressed", "true");
    measuring = { draw, button };
    tip.hidden = true;
    said(line ? "逐点单击，双击结束" : "逐点单击画出范围，双击结束");
  }
  document.addEventListener("keydown", (e) => { if (e.key === "Escape") { stopMeasuring(); stopPlaying(); } });

  // months
  const bar = find("[data-play-bar]"), slider = bar.querySelector("input"), label = find("[data-play-label]"), pause = find("[data-play-stop]");
  const key = find("[data-key] ul"), keyBefore = [...key.childNodes], titleBefore = find("[data-key-title]").textContent;
  let frames = null, timer = 0;
  async function play(button) {
    if (button.getAttribute("aria-pressed") === "true") { stopPlaying(); return; }
    try { frames ??= await get(config.months); } catch { toast("各月的数字暂时无法取得，请重试。"); return; }
    if (frames.frames.length === 0) { toast("没有各月的数字。"); return; }
    button.setAttribute("aria-pressed", "true");
    bar.hidden = false;
    slider.max = String(frames.frames.length - 1);
    key.replaceChildren(...frames.legend.map((l) => {
      const li = document.createElement("li");
      const svg = keyBefore.find((n) => n.nodeType === 1).querySelector("svg").cloneNode(true);
      svg.firstElementChild.dataset.color = l.color;
      li.append(svg, l.label);
      return li;
    }));
    colors = frames.colors;
    frame(0);
    run();
  }
  function frame(i) {
    slider.value = String(i);
    const f = frames.frames[i];
    shown = f.units;
    label.textContent = f.label;
    find("[data-key-title]").textContent = titleBefore + " " + f.label;
    redraw();
  }
  function run() {
    clearInterval(timer);
    pause.textContent = "暂停";
    timer = setInterval(() => frame((Number(slider.value) + 1) % frames.frames.length), 1200);
  }
  function stopPlaying() {
    if (bar.hidden) return;
    clearInterval(timer);
    bar.hidden = true;
    tools.querySelector("[data-play]").setAttribute("aria-pressed", "false");
    shown = config.units;
    colors = config.colors;
    key.replaceChildren(...keyBefore);
    find("[data-key-title]").textContent = titleBefore;
    redraw();
  }
  tool("[data-play]", play);
  pause.addEventListener("click", () => { if (pause.textContent === "暂停") { clearInterval(timer); pause.textContent = "继续"; } else run(); });
  slider.addEventListener("input", () => { clearInterval(timer); pause.textContent = "继续"; frame(Number(slider.value)); });

  // ---- pictures and paper ----

  const settled = () => new Promise((done) => { map.once("rendercomplete", done); map.renderSync(); });

  async function picture() {
    onPaper = true;
    redraw();
    await settled();
    const ratio = 2, width = 1200, pad = 28;
    const [w, h] = map.getSize(), high = Math.round((width - 2 * pad) * h / w);
    const legend = [...key.querySelectorAll("li")].map((li) => ({ text: li.textContent, color: li.querySelector("[data-color]").dataset.color }));
    const out = document.createElement("canvas");
    const below = 26 + 20 * Math.ceil(legend.length / 3) + 44;
    out.width = width * ratio;
    out.height = (84 + high + below) * ratio;
    const ctx = out.getContext("2d");
    ctx.scale(ratio, ratio);
    ctx.fillStyle = "#ffffff";
    ctx.fillRect(0, 0, width, out.height / ratio);
    ctx.fillStyle = tokens.ink;
    ctx.font = `600 22px ${family}`;
    ctx.fillText(config.title + (bar.hidden ? "" : "　" + label.textContent), pad, 40, width - 2 * pad);
    ctx.font = `13px ${family}`;
    ctx.fillStyle = tokens.ink2;
    ctx.fillText(config.subtitle, pad, 64, width - 2 * pad);
    for (const c of el.querySelectorAll(".ol-layer canvas, canvas.ol-layer")) {
      if (c.width === 0) continue;
      const opacity = c.parentNode.style.opacity || c.style.opacity;
      ctx.globalAlpha = opacity === "" ? 1 : Number(opacity);
      ctx.drawImage(c, pad, 84, width - 2 * pad, high);
    }
    ctx.globalAlpha = 1;
    // the scale
    const scale = el.querySelector(".ol-scale-line-inner");
    const k = (width - 2 * pad) / w, at = 84 + high - 14;
    ctx.strokeStyle = tokens.ink;
    ctx.lineWidth = 1.4;
    ctx.beginPath();
    ctx.moveTo(pad + 10, at - 5);
    ctx.lineTo(pad + 10, at);
    ctx.lineTo(pad + 10 + scale.offsetWidth * k, at);
    ctx.lineTo(pad + 10 + scale.offsetWidth * k, at - 5);
    ctx.stroke();
    ctx.fillStyle = tokens.ink;
    ctx.font = `12px ${family}`;
    ctx.fillText(scale.textContent, pad + 14, at - 6);
    let y = 84 + high + 28;
    legend.forEach((l, i) => {
      const x = pad + (i % 3) * ((width - 2 * pad) / 3);
      ctx.fillStyle = l.color;
      ctx.fillRect(x, y + 20 * Math.floor(i / 3) - 10, 16, 11);
      ctx.fillStyle = tokens.ink2;
      ctx.fillText(l.text, x + 24, y + 20 * Math.floor(i / 3), (width - 2 * pad) / 3 - 30);
    });
    y += 20 * Math.ceil(legend.length / 3) + 12;
    ctx.fillText(config.source + (config.approval ? "・" + config.approval : "") + (config.basemap?.attribution ? "・底图 " + config.basemap.attribution : ""), pad, y, width - 2 * pad);
    onPaper = false;
    redraw();
    return new Promise((done, fail) => out.toBlob((b) => (b ? done(b) : fail(new Error("no picture"))), "image/png"));
  }
  tool("[data-picture]", async () => {
    try {
      const a = document.createElement("a");
      a.href = URL.createObjectURL(await picture());
      a.download = config.file.replace(/[\\/:*?"<>|\s]+/g, "_").slice(0, 80) + ".png";
      a.click();
      setTimeout(() => URL.revokeObjectURL(a.href), 10_000);
    } catch {
      toast("未能生成图片，请重试。");
    }
  });
  addEventListener("beforeprint", () => { onPaper = true; redraw(); map.renderSync(); });
  addEventListener("afterprint", () => { onPaper = false; redraw(); });

  if (config.selected) choose(config.selected);
}
