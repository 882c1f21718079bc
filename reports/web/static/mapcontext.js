// Context layers on the map: the site's own roads, water, buildings, facilities. They help to find one's way and must not be louder than
// the numbers: they lie above the colours of the units, under the borders, points and names.
import { toast } from "./site.js";

// How each kind is drawn: [light, dark]. Fills let the colour of the unit through: an opaque lake would pass for a class of its own.
const looks = {
  road: { line: ["rgba(84, 90, 98, .55)", "rgba(210, 216, 224, .42)"], width: 1 },
  water: { line: ["rgba(122, 160, 190, .9)", "rgba(96, 134, 166, .9)"], fill: ["rgba(205, 224, 238, .42)", "rgba(44, 68, 90, .42)"], width: 1.2 },
  building: { line: ["rgba(120, 124, 130, .45)", "rgba(190, 196, 204, .35)"], fill: ["rgba(226, 226, 224, .42)", "rgba(120, 126, 134, .3)"], width: 0.6 },
  green: { line: ["rgba(140, 172, 132, .5)", "rgba(92, 124, 88, .5)"], fill: ["rgba(212, 230, 205, .36)", "rgba(48, 72, 50, .4)"], width: 0.6 },
  facility: { line: ["rgba(84, 90, 98, .6)", "rgba(210, 216, 224, .5)"], fill: ["rgba(150, 155, 162, .3)", "rgba(170, 176, 184, .25)"], width: 0.8 },
  other: { line: ["rgba(110, 116, 124, .5)", "rgba(190, 196, 204, .4)"], fill: ["rgba(200, 203, 207, .4)", "rgba(130, 136, 144, .3)"], width: 0.8 },
};
const dot = ["#6b727b", "#aab1ba"], halo = ["rgba(255, 255, 255, .85)", "rgba(16, 20, 24, .85)"];

// Metres a pixel, on the equator, below which things are named, and below which there are houses and dots at all: over a whole district
// they would be a grey field.
const nameM = 2.5, houseM = 6, dotM = 15;

const storage = "map.layers.off";
function switchedOff() {
  try { return new Set(JSON.parse(localStorage.getItem(storage) ?? "[]")); } catch { return new Set(); }
}
function remember(off) {
  try { localStorage.setItem(storage, JSON.stringify([...off])); } catch { /* storage may be switched off */ }
}

// addContext puts the layers of config.contexts on a map whose units are its only layer of vector tiles, with a switch for each. color
// gives what a light colour is now.
export function addContext(ol, map, config, color) {
  if (!config.contexts?.length) return;
  const layers = map.getLayers(), units = layers.getArray().find((l) => l instanceof ol.VectorTileLayer);
  const family = getComputedStyle(document.body).fontFamily;
  const shade = () => (color("#ffffff") === "#ffffff" ? 0 : 1);

  const off = switchedOff();
  const added = new Map(config.contexts.filter((c) => c.url).map((c) => [c.name, layerOf(c)]));
  let at = layers.getArray().indexOf(units) + 1;
  for (const l of added.values()) layers.insertAt(at++, l);
  layers.insertAt(at, borders());
  units.on("change", () => added.forEach((l) => l.changed())); // another theme, or a picture on paper

  function layerOf(c) {
    const look = looks[c.kind] ?? looks.other;
    const source = new ol.VectorSource();
    const layer = new ol.VectorLayer({ source, visible: false, declutter: true, updateWhileAnimating: false, style: styleOf(c.kind, look) });
    layer.set("context", c.name);
    layer.on("change:visible", async () => {
      if (!layer.getVisible() || layer.get("asked")) return;
      layer.set("asked", true);
      try {
        const r = await fetch(c.url), g = await r.json();
        if (!r.ok) throw new Error(g.note);
        source.addFeatures(new ol.GeoJSON().readFeatures(g, { featureProjection: "EPSG:3857" }));
      } catch (e) {
        layer.set("asked", false);
        layer.setVisible(false);
        const box = boxOf(c.name);
        if (box) box.checked = false;
        toast(e instanceof SyntaxError || e instanceof TypeError || !e.message ? `“${c.name}”暂时无法显示，请稍后在“图层”中重新勾选。` : e.message);
      }
    });
    if (!off.has(c.name)) queueMicrotask(() => layer.setVisible(true));
    return layer;
  }

  // The styles of a kind, made once for a theme and a step of scale: there may be many thousand features.
  function styleOf(kind, look) {
    const made = new Map();
    return (feature, resolution) => {
      const k = shade(), near = resolution < nameM, name = near ? feature.get("name") : "";
      const point = feature.getGeometry().getType().endsWith("Point"), line = feature.getGeometry().getType().endsWith("LineString");
      if (resolution > (point ? dotM : kind === "building" ? houseM : Infinity)) return undefined;
      const key = `${k} ${point} ${line} ${near} ${name ?? ""}`;
      let style = made.get(key);
      if (style) return style;
      if (made.size > 5000) made.clear();
      style = new ol.Style({
        stroke: point ? undefined : new ol.Stroke({ color: look.line[k], width: near ? look.width * (kind === "road" ? 2.4 : 1.2) : look.width }),
        fill: !point && !line && look.fill ? new ol.Fill({ color: look.fill[k] }) : undefined,
        image: point ? new ol.CircleStyle({ radius: near ? 3.2 : 2, fill: new ol.Fill({ color: dot[k] }), stroke: near ? new ol.Stroke({ color: halo[k], width: 1 }) : undefined }) : undefined,
        text: name ? new ol.Text({
          text: name, font: `11px ${family}`, placement: line ? "line" : "point", textBaseline: point ? "top" : "middle", offsetY: point ? 5 : 0,
          fill: new ol.Fill({ color: k ? "#c3c9d1" : "#555c65" }), stroke: new ol.Stroke({ color: halo[k], width: 2.5 }),
        }) : undefined,
      });
      made.set(key, style);
      return style;
    };
  }

  // The borders once more, above the context: a lake must not hide where a unit ends.
  function borders() {
    const layer = new ol.VectorTileLayer({
      source: units.getSource(), renderMode: "vector", opacity: units.getOpacity(),
      style: (f, resolution) => {
        const s = units.getStyleFunction()(f, resolution);
        return s ? new ol.Style({ stroke: s.getStroke(), zIndex: s.getZIndex() }) : undefined;
      },
    });
    units.on("change", () => layer.changed());
    return layer;
  }

  // ---- switches ----

  const boxes = [...document.querySelectorAll("[data-context]")];
  const boxOf = (name) => boxes.find((b) => b.dataset.context === name);
  for (const b of boxes) {
    const layer = added.get(b.dataset.context);
    if (!layer) continue;
    b.checked = !off.has(b.dataset.context);
    b.addEventListener("change", () => {
      if (b.checked) off.delete(b.dataset.context);
      else off.add(b.dataset.context);
      remember(off);
      layer.setVisible(b.checked);
    });
  }
  const list = document.querySelector("[data-map-layers]");
  document.addEventListener("click", (e) => { if (list?.open && !list.contains(e.target)) list.open = false; });
  document.addEventListener("keydown", (e) => { if (e.key === "Escape" && list) list.open = false; });
}
