// Drawing borders. What is drawn is a list of changes; the server makes them and answers with the polygons as they look then, so that
// shared borders stay shared and what is saved is what was seen. Taking back is leaving out the last change. The list is kept in the
// browser, for its person and unit, until it is saved: a page closed by mistake loses nothing.
import { toast } from "./site.js";

const el = document.querySelector("[data-draw]");
const config = JSON.parse(el.querySelector("script").textContent);
const find = (selector) => document.querySelector(selector);
const family = getComputedStyle(document.body).fontFamily;
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

import(el.dataset.ol).then(start).catch((e) => {
  console.error(e);
  el.textContent = "地图暂时无法显示，请刷新页面。";
});

function start(ol) {
  el.replaceChildren();
  const { fromLonLat, toLonLat, transformExtent } = ol;
  const helps = {
    "": `选择上面的工具开始。图上的圆点是登记的小区。`,
    add: `先选给哪个${config.label}，再沿边界逐点单击，双击结束。靠近已有边界时会自动贴合，盖住别的${config.label}的部分会自动裁掉。`,
    split: `先单击要拆分的${config.label}，再从它的边界外画一条线穿过它，双击结束。较大的一部分沿用原来的编码。`,
    merge: `先单击保留的${config.label}，再单击要并入的相邻${config.label}。`,
    move: "拖动界址点，或拖动边界中间加出一个点；按住 Alt 键单击界址点可去掉它。相邻的边界一起改动。",
    straighten: "单击多余的界址点，相邻的边界一起取直。几条边界相交的点不能去掉。",
    remove: `单击要去掉边界的${config.label}。`,
  };

  // ---- the draft ----

  const kept = `gridstar draft ${config.user} ${config.org} ${config.level}`;
  let ops = [], undone = [], answer = null, busy = false;
  const draft = (list) => JSON.stringify({ org: config.org, level: config.level, base: answer?.base ?? "", ops: list });

  const post = async (url, fields) => {
    const r = await fetch(url, { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(fields) });
    const body = (r.headers.get("Content-Type") ?? "").startsWith("application/json") ? await r.json() : { error: r.status === 401 ? "登录已过期，请在另一个窗口登录后再试。" : "暂时无法连接，请重试。" };
    return { ok: r.ok, status: r.status, body };
  };

  let restoring = false, lost = 0, stored = true;
  function keep() {
    try {
      if (ops.length) localStorage.setItem(kept, JSON.stringify({ ops }));
      else localStorage.removeItem(kept);
      stored = true;
    } catch { stored = false; }
  }

  // replay asks how a list of changes looks. What cannot be made is not kept.
  async function replay(list) {
    if (busy) return false;
    busy = true;
    el.dataset.busy = "1";
    try {
      const { ok, status, body } = await post(config.replay, { draft: draft(list) });
      if (!ok) {
        problem(body.error);
        if (status === 409) stale = true;
        return false;
      }
      if (body.failed >= 0) {
        problem(body.error);
        if (answer) { show(); return false; }
        lost = list.length - body.failed; // a draft of before that does not fit any more
        list = list.slice(0, body.failed);
      } else {
        problem("");
      }
      answer = body;
      ops = list;
      if (!restoring || !lost) keep(); // what does not fit any more stays until something is changed
      show();
      return true;
    } catch {
      problem("暂时无法连接，请重试；画好的内容还在。");
      return false;
    } finally {
      busy = false;
      delete el.dataset.busy;
    }
  }

  let stale = false;
  async function make(op) {
    const resolution = view.getResolution() * Math.cos((toLonLat(view.getCenter())[1] * Math.PI) / 180);
    op.snap = Math.min(50, Math.round(resolution * 10 * 100) / 100);
    if (await replay([...ops, op])) { undone = []; show(); return true; }
    return false;
  }

  function problem(text) {
    const p = find("[data-draw-problem]");
    p.textContent = text ?? "";
    p.hidden = !text;
    if (text) help(text, true);
    else help(helps[mode]);
  }
  function help(text, bad) {
    const p = find("[data-draw-help]");
    p.textContent = text;
    p.classList.toggle("problem", !!bad);
  }

  // ---- the map ----

  const source = new ol.VectorSource(), others = new ol.VectorSource(), field = new ol.VectorSource(), marks = new ol.VectorSource(), faults = new ol.VectorSource(), pens = new ol.VectorSource();
  let chosen = "";
  const label = (text, offset, weight) => new ol.Text({ text, font: `${weight ?? 400} 12px ${family}`, overflow: true, offsetY: offset ?? 0, fill: new ol.Fill({ color: token("--ink") }), stroke: new ol.Stroke({ color: token("--card"), width: 3 }) });
  const unitStyle = (f) => [new ol.Style({
    fill: new ol.Fill({ color: f.get("code") === chosen ? "rgba(47, 95, 158, .35)" : f.get("changed") ? "rgba(47, 95, 158, .2)" : "rgba(120, 130, 140, .12)" }),
    stroke: new ol.Stroke({ color: f.get("changed") ? token("--series") : token("--ink-2"), width: f.get("code") === chosen ? 3 : 1.8 }),
  }), new ol.Style({ text: label(f.get("name"), 16, 600), zIndex: 2 }), ...(mode === "move" || mode === "straighten" ? [new ol.Style({
    image: new ol.CircleStyle({ radius: 4, fill: new ol.Fill({ color: token("--card") }), stroke: new ol.Stroke({ color: token("--series"), width: 1.6 }) }),
    geometry: (g) => new ol.MultiPoint(g.getGeometry().getCoordinates().flat(2)),
  })] : [])];
  const layers = [];
  if (config.basemap) layers.push(new ol.TileLayer({ source: new ol.XYZ({ url: config.basemap.url, maxZoom: config.basemap.zoom, attributions: config.basemap.attribution, attributionsCollapsible: false }) }));
  const pictureLayer = new ol.ImageLayer({ opacity: 0.6 });
  layers.push(pictureLayer,
    new ol.VectorLayer({ source: field, style: () => new ol.Style({ stroke: new ol.Stroke({ color: token("--accent"), width: 1.6, lineDash: [8, 5] }) }) }),
    new ol.VectorLayer({ source: others, style: () => new ol.Style({ fill: new ol.Fill({ color: "rgba(120, 130, 140, .06)" }), stroke: new ol.Stroke({ color: token("--ink-3"), width: 1, lineDash: [3, 3] }) }) }),
    new ol.VectorLayer({ source, style: unitStyle }),
    new ol.VectorLayer({ source: marks, declutter: true, style: (f) => new ol.Style({ image: new ol.CircleStyle({ radius: 4, fill: new ol.Fill({ color: token("--overdue") }), stroke: new ol.Stroke({ color: token("--card"), width: 1.4 }) }), text: label(f.get("name"), -12) }) }),
    new ol.VectorLayer({ source: faults, style: () => new ol.Style({ image: new ol.CircleStyle({ radius: 9, stroke: new ol.Stroke({ color: token("--accent"), width: 2.4 }) }) }) }),
    new ol.VectorLayer({ source: pens }));
  const view = new ol.View({ center: fromLonLat([105, 35]), zoom: 4, minZoom: 3, maxZoom: 22, constrainResolution: false });
  const map = new ol.Map({
    target: el, view, layers, controls: [new ol.Zoom({ zoomInTipLabel: "放大", zoomOutTipLabel: "缩小" }), new ol.ScaleLine({ units: "metric" }), new ol.Attribution({ collapsible: false })],
    interactions: ol.defaultInteractions({ altShiftDragRotate: false, pinchRotate: false, doubleClickZoom: false }),
  });
  el.map = map; // for tests, and for who looks at it from the console
  const project = (shape) => shape.map((poly) => poly.map((ring) => ring.map((p) => fromLonLat(p))));
  const whole = () => {
    const e = config.extent;
    if (e) view.fit(transformExtent(e, "EPSG:4326", "EPSG:3857"), { padding: [30, 30, 40, 30], maxZoom: 18 });
  };
  whole();
  marks.addFeatures(config.marks.map((m) => new ol.Feature({ geometry: new ol.Point(fromLonLat([m.x, m.y])), name: m.n })));
  document.addEventListener("themechange", () => map.getLayers().forEach((l) => l.changed()));

  // ---- what the draft looks like ----

  const item = (text, detail, act) => {
    const li = document.createElement("li");
    const b = document.createElement(act ? "button" : "span");
    if (act) { b.type = "button"; b.addEventListener("click", act); }
    b.textContent = text;
    li.append(b);
    if (detail) li.append(Object.assign(document.createElement("small"), { textContent: detail }));
    return li;
  };

  function show() {
    source.clear();
    others.clear();
    field.clear();
    faults.clear();
    if (answer.field) field.addFeature(new ol.Feature({ geometry: new ol.MultiPolygon(project(answer.field)) }));
    for (const u of answer.units) {
      const f = new ol.Feature({ geometry: new ol.MultiPolygon(project(u.shape)) });
      f.setProperties({ code: u.code ?? "", name: u.name ?? "", changed: u.changed, lonlat: u.shape });
      (u.code ? source : others).addFeature(f);
    }
    const zoomTo = (x, y) => view.animate({ center: fromLonLat([x, y]), zoom: Math.max(view.getZoom(), 18), duration: 250 });
    const bad = answer.findings.filter((f) => f.bad).length;
    find("[data-draw-verdict]").textContent = answer.units.every((u) => !u.inside) ? `还没有${config.label}的边界。` : answer.findings.length === 0 ? "检查通过：没有自相交、重叠和窄缝。" : bad ? `有 ${bad} 处错误，改正后才能保存。` : `没有错误，有 ${answer.findings.length} 处请核对。`;
    find("[data-draw-findings]").replaceChildren(...answer.findings.slice(0, 50).map((f) => {
      faults.addFeature(new ol.Feature({ geometry: new ol.Point(fromLonLat([f.x, f.y])) }));
      return item(f.text, "", () => zoomTo(f.x, f.y));
    }));
    const inside = answer.units.filter((u) => u.inside);
    find("[data-draw-units]").replaceChildren(
      ...inside.map((u) => item(u.name || "相邻单位", `${u.area}${u.changed ? "・已改" : ""}`, () => choose(u.code, true))),
      ...answer.missing.map((u) => item(u.name, "还没有边界", () => { setMode("add"); find("[data-draw-unit]").value = u.code; fresh(); })),
      ...answer.gone.map((n) => item(n, "边界将停用")));
    find("[data-draw-count]").textContent = `${inside.length} 个${config.label}有边界${answer.changed ? `，改动 ${answer.changed} 处` : ""}`;
    find("[data-undo]").disabled = ops.length === 0;
    find("[data-redo]").disabled = undone.length === 0;
    find("[data-draw-save] button").disabled = answer.changed === 0 || bad > 0 || stale;
    const select = find("[data-draw-unit]"), was = select.value;
    const option = (value, text) => Object.assign(document.createElement("option"), { value, textContent: text });
    select.replaceChildren(...answer.missing.map((u) => option(u.code, `${u.name}（${u.code}）`)), option("", `新${config.label}……`));
    if ([...select.options].some((o) => o.value === was)) select.value = was;
    else select.selectedIndex = 0;
    find("[data-draw-code]").value = answer.suggest.code;
    find("[data-draw-name]").value = answer.suggest.name;
    fresh();
    el.dataset.ready = "1";
  }

  // fresh shows code and name where a new unit is to be drawn.
  function fresh() {
    const isNew = mode === "split" || find("[data-draw-unit]").value === "";
    for (const l of document.querySelectorAll("[data-draw-fresh]")) l.hidden = !isNew;
  }
  find("[data-draw-unit]").addEventListener("change", fresh);

  const target = () => {
    const code = find("[data-draw-unit]").value;
    return code ? { code, name: "" } : { code: find("[data-draw-code]").value.trim(), name: find("[data-draw-name]").value.trim() };
  };

  function choose(code, pan) {
    chosen = code ?? "";
    source.changed();
    const f = source.getFeatures().find((x) => x.get("code") === chosen);
    if (pan && f) view.fit(f.getGeometry().getExtent(), { padding: [60, 60, 60, 60], maxZoom: 18, duration: 250 });
  }

  // ---- tools ----

  let mode = "", active = [];
  const tools = find("[data-draw-tools]");
  tools.hidden = false;
  for (const b of tools.querySelectorAll("[data-mode]")) b.addEventListener("click", () => setMode(mode === b.dataset.mode ? "" : b.dataset.mode));

  function setMode(next) {
    for (const i of active) map.removeInteraction(i);
    active = [];
    mode = next;
    choose("");
    for (const b of tools.querySelectorAll("[data-mode]")) b.setAttribute("aria-pressed", String(b.dataset.mode === mode));
    find("[data-draw-new]").hidden = mode !== "add" && mode !== "split";
    find("[data-draw-unit]").closest("label").hidden = mode === "split";
    if (answer) fresh();
    help(helps[mode]);
    source.changed();
    if (mode === "add") pen("Polygon", (path) => { const t = target(); return make({ op: "add", code: t.code, name: t.name, path }); });
    if (mode === "split" && chosen === "") help(helps.split);
    if (mode === "move") modify();
  }

  function pen(type, done) {
    const draw = new ol.Draw({ source: pens, type, style: () => new ol.Style({ stroke: new ol.Stroke({ color: token("--accent"), width: 2, lineDash: [6, 4] }), fill: new ol.Fill({ color: "rgba(179, 38, 30, .08)" }), image: new ol.CircleStyle({ radius: 5, fill: new ol.Fill({ color: token("--accent") }) }) }) });
    draw.on("drawend", async (e) => {
      const g = e.feature.getGeometry().getCoordinates();
      const path = (type === "Polygon" ? g[0] : g).map((p) => toLonLat(p));
      await done(path);
      pens.clear();
      if (mode === "split") setMode("split");
    });
    const snaps = [source, others, field].map((s) => new ol.Snap({ source: s, pixelTolerance: 10 }));
    active = [draw, ...snaps];
    active.forEach((i) => map.addInteraction(i));
  }

  // A border dragged is one change: the first vertex that differs says which. Shapes are put back as the server has them.
  function modify() {
    const change = new ol.Modify({ source, pixelTolerance: 10 });
    change.on("modifyend", async () => {
      let op = null;
      for (const f of source.getFeatures()) op ??= difference(f);
      if (op) await make(op);
      show();
    });
    active = [change, new ol.Snap({ source: others, pixelTolerance: 10 }), new ol.Snap({ source: field, pixelTolerance: 10 })];
    active.forEach((i) => map.addInteraction(i));
  }

  const same = (a, b) => a && b && Math.hypot(a[0] - b[0], a[1] - b[1]) < 1e-6;
  function difference(f) {
    const now = f.getGeometry().getCoordinates(), was = project(f.get("lonlat"));
    for (let i = 0; i < was.length; i++) {
      for (let k = 0; k < was[i].length; k++) {
        const a = was[i][k].slice(0, -1), b = (now[i]?.[k] ?? []).slice(0, -1), at = f.get("lonlat")[i][k];
        if (b.length === a.length + 1) { // a vertex came into an edge
          for (let n = 0; n < b.length; n++) {
            if (!same(a[n], b[n])) return { op: "bend", path: [at[(n + a.length - 1) % a.length], at[n % a.length], toLonLat(b[n])] };
          }
        }
        if (b.length === a.length - 1) {
          for (let n = 0; n < a.length; n++) if (!same(a[n], b[n])) return { op: "straighten", path: [at[n]] };
        }
        if (b.length === a.length) {
          for (let n = 0; n < a.length; n++) if (!same(a[n], b[n])) return { op: "move", path: [at[n], toLonLat(b[n])] };
        }
      }
    }
    return null;
  }

  const codeAt = (pixel) => {
    let code = "";
    map.forEachFeatureAtPixel(pixel, (f) => { code ||= f.get("code") ?? ""; }, { layerFilter: (l) => l.getSource() === source });
    return code;
  };
  const vertexAt = (pixel) => {
    let best = 14, at = null;
    for (const p of source.getFeatures().flatMap((f) => f.get("lonlat").flat(2))) {
      const q = map.getPixelFromCoordinate(fromLonLat(p)), d = Math.hypot(q[0] - pixel[0], q[1] - pixel[1]);
      if (d < best) { best = d; at = p; }
    }
    return at;
  };
  map.on("click", async (e) => {
    if (mode === "straighten") {
      const at = vertexAt(e.pixel);
      if (at) await make({ op: "straighten", path: [at] });
      return;
    }
    if (mode === "add" || mode === "move" || (mode === "split" && active.length)) return;
    const code = codeAt(e.pixel);
    if (!code) { choose(""); return; }
    if (mode === "split") {
      choose(code);
      help(`要拆分的是${nameOf(code)}。现在从它的边界外画一条线穿过它，双击结束。`);
      setTimeout(() => pen("LineString", (path) => make({ op: "split", code, other: find("[data-draw-code]").value.trim(), name: find("[data-draw-name]").value.trim(), path })));
      return;
    }
    if (mode === "remove") { await make({ op: "remove", code }); return; }
    if (mode === "merge" && chosen && chosen !== code) { const into = chosen; await make({ op: "merge", code: into, other: code }); choose(""); return; }
    choose(code);
    if (mode === "merge") help(`保留${nameOf(code)}，请单击要并入的相邻${config.label}。`);
  });
  const nameOf = (code) => `“${answer.units.find((u) => u.code === code)?.name ?? code}”`;

  const takeBack = async () => {
    if (ops.length === 0) return;
    const last = ops[ops.length - 1];
    if (await replay(ops.slice(0, -1))) { undone.push(last); show(); }
  };
  const redo = async () => {
    if (undone.length === 0) return;
    const next = undone.pop();
    if (!(await replay([...ops, next]))) undone.push(next);
    show();
  };
  find("[data-undo]").addEventListener("click", takeBack);
  find("[data-redo]").addEventListener("click", redo);
  find("[data-whole]").addEventListener("click", whole);
  document.addEventListener("keydown", (e) => {
    if (e.target.closest("input, select, textarea")) return;
    if (e.key === "Escape") { const m = mode; setMode(""); if (pens.getFeatures().length || m === "split") setMode(m); }
    if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "z") { e.preventDefault(); e.shiftKey ? redo() : takeBack(); }
  });

  // ---- a picture below, and a place to begin ----

  let picture = "";
  const placePicture = () => pictureLayer.setSource(new ol.ImageStatic({ url: picture, imageExtent: fitted(), projection: "EPSG:3857" }));
  let ratio = 1;
  const fitted = () => { // the whole picture inside what is seen
    const [w, h] = map.getSize(), r = view.getResolution(), c = view.getCenter();
    const wide = Math.min(w, h * ratio) * r, high = wide / ratio;
    return [c[0] - wide / 2, c[1] - high / 2, c[0] + wide / 2, c[1] + high / 2];
  };
  find("[data-draw-picture]").addEventListener("change", (e) => {
    const file = e.target.files[0];
    if (!file) return;
    const img = new Image();
    img.addEventListener("load", () => {
      ratio = img.naturalWidth / img.naturalHeight;
      placePicture();
      find("[data-draw-place]").hidden = find("[data-draw-fade]").hidden = false;
    });
    img.addEventListener("error", () => toast("这个文件不是可以显示的图片。"));
    if (picture) URL.revokeObjectURL(picture);
    picture = img.src = URL.createObjectURL(file);
  });
  find("[data-draw-place]").addEventListener("click", placePicture);
  find("[data-draw-opacity]").addEventListener("input", (e) => pictureLayer.setOpacity(Number(e.target.value) / 100));
  find("[data-draw-go]").addEventListener("submit", (e) => {
    e.preventDefault();
    const x = Number(find("[data-draw-lon]").value), y = Number(find("[data-draw-lat]").value);
    if (!(Math.abs(x) <= 180 && Math.abs(y) <= 85 && (x || y))) { toast("请填写经度和纬度，如 114.0913 和 32.1475。"); return; }
    view.animate({ center: fromLonLat([x, y]), zoom: Math.max(view.getZoom(), 16), duration: 250 });
  });

  // ---- saving ----

  const form = find("[data-draw-save]");
  form.elements.from.addEventListener("input", () => { form.elements.when.value = "cut"; });
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    if (busy) return;
    const button = form.querySelector("button");
    button.disabled = true;
    button.textContent = "正在保存……";
    try {
      const { ok, status, body } = await post(config.save, { draft: draft(ops), from: form.elements.when.value === "cut" ? form.elements.from.value : "" });
      if (!ok) {
        stale = status === 409;
        problem(body.error);
        button.textContent = "保存边界";
        button.disabled = stale;
        return;
      }
      ops = [];
      keep();
      leaving = false;
      toast(body.said);
      location.assign(config.after);
    } catch {
      problem("暂时无法连接，没有保存；画好的内容还在，请重试。");
      button.textContent = "保存边界";
      button.disabled = false;
    }
  });
  let leaving = true;
  addEventListener("beforeunload", (e) => { if (leaving && ops.length && !stored) { e.preventDefault(); e.returnValue = ""; } });

  // What was drawn before the page was closed comes back, as far as it fits the borders of now.
  let before = [];
  try { before = JSON.parse(localStorage.getItem(kept) ?? "null")?.ops ?? []; } catch { /* none */ }
  restoring = true;
  replay(before).then((ok) => {
    restoring = false;
    if (!ok) return;
    setMode("");
    if (lost) problem(`边界已被更新，上次画的第 ${ops.length + 1} 步起 ${lost} 步无法照原样重做，请在新的边界上接着画。`);
    else if (ops.length) toast(`已恢复上次没有保存的 ${ops.length} 步。`);
    lost = 0;
  });
}
