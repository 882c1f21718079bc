// Facilities with what lies within fifteen minutes on foot of them.
import { toast } from "./site.js";

// addReach lets a button show the facilities of config.reach; color gives a light colour as the theme shows it.
export function addReach(ol, map, config, color, family) {
  const button = document.querySelector("[data-reach]"), words = document.querySelector("[data-reach-text]");
  if (!button) return;
  const circles = new ol.VectorSource(), marks = new ol.VectorSource();
  const ground = new ol.VectorLayer({ source: circles, zIndex: 3, visible: false, style: () => new ol.Style({ fill: new ol.Fill({ color: "rgba(201, 138, 26, .07)" }), stroke: new ol.Stroke({ color: color("#b07a14"), width: 1.2, lineDash: [5, 4] }) }) });
  const points = new ol.VectorLayer({ source: marks, zIndex: 4, visible: false, declutter: true, style: (f, resolution) => new ol.Style({
    image: new ol.CircleStyle({ radius: 5, fill: new ol.Fill({ color: color("#b07a14") }), stroke: new ol.Stroke({ color: color("#ffffff"), width: 1.6 }) }),
    text: resolution < 12 ? new ol.Text({ text: f.get("name"), font: `12px ${family}`, offsetY: -13, fill: new ol.Fill({ color: color("#1c1f23") }), stroke: new ol.Stroke({ color: color("#ffffff"), width: 3 }) }) : undefined,
  }) });
  map.addLayer(ground);
  map.addLayer(points);
  document.addEventListener("themechange", () => { ground.changed(); points.changed(); });

  // A circle of true metres: a point at a bearing, on a sphere small enough to be flat.
  const ring = (x, y, metres) => {
    const perLat = 111195.08, perLon = perLat * Math.cos((y * Math.PI) / 180), all = [];
    for (let k = 0; k <= 64; k++) {
      const t = (k * Math.PI) / 32;
      all.push(ol.fromLonLat([x + (metres * Math.cos(t)) / perLon, y + (metres * Math.sin(t)) / perLat]));
    }
    return new ol.Polygon([all]);
  };

  let loaded = false;
  button.addEventListener("click", async () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    if (on && !loaded) {
      try {
        const r = await fetch(config.reach);
        if (!r.ok) throw new Error(String(r.status));
        const a = await r.json();
        circles.addFeatures(a.facilities.map((f) => new ol.Feature({ geometry: ring(f.x, f.y, a.radius) })));
        marks.addFeatures(a.facilities.map((f) => new ol.Feature({ geometry: new ol.Point(ol.fromLonLat([f.x, f.y])), name: f.n })));
        words.textContent = a.text;
        loaded = true;
      } catch {
        toast("阵地暂时无法取得，请重试。");
        return;
      }
    }
    button.setAttribute("aria-pressed", String(on));
    ground.setVisible(on);
    points.setVisible(on);
    words.hidden = !on;
  });
}
