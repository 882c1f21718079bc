// The small map of the pages of borders: the shapes, and a mark wherever the audit found something. A mark and its row in the table
// lead to each other.

const el = document.querySelector("[data-borders]");
const config = JSON.parse(el.querySelector("script").textContent);
const tip = el.parentNode.querySelector("[data-tip]");
const buttons = [...document.querySelectorAll("[data-mark]")];
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim(); // as the page shows it, dark or light

import(el.dataset.ol).then(start).catch((e) => {
  console.error(e);
  el.textContent = "地图暂时无法显示，请刷新页面；各处见下表。";
});

function start(ol) {
  el.replaceChildren();
  const extent = ol.transformExtent(config.extent, "EPSG:4326", "EPSG:3857");
  const shapes = new ol.VectorSource(), marks = new ol.VectorSource();
  let chosen = null;

  const shapeLayer = new ol.VectorLayer({ source: shapes, declutter: true, style: (f, resolution) => {
    const b = f.getGeometry()?.getExtent(), name = f.get("name") || f.get("code");
    const fits = b && name.length * 13 < (b[2] - b[0]) / resolution;
    return new ol.Style({
      fill: new ol.Fill({ color: token("--series") + "22" }), stroke: new ol.Stroke({ color: token("--series"), width: 1.2 }),
      text: fits ? new ol.Text({ text: name, font: `12px ${getComputedStyle(document.body).fontFamily}`, fill: new ol.Fill({ color: token("--ink") }), stroke: new ol.Stroke({ color: token("--card"), width: 3 }) }) : undefined,
    });
  } });
  const markLayer = new ol.VectorLayer({ source: marks, style: (f) => new ol.Style({
    image: new ol.CircleStyle({
      radius: f === chosen ? 10 : 6.5, fill: new ol.Fill({ color: token(f.get("bad") ? "--accent" : "--warn") }), stroke: new ol.Stroke({ color: token(f === chosen ? "--ink" : "--card"), width: f === chosen ? 3 : 1.6 }),
    }),
    zIndex: f === chosen ? 3 : f.get("bad") ? 2 : 1,
  }) });
  marks.addFeatures(config.marks.map((m, i) => {
    const f = new ol.Feature({ geometry: new ol.Point(ol.fromLonLat([m.x, m.y])), bad: m.bad, text: m.t });
    f.setId(i);
    return f;
  }));

  const layers = [shapeLayer, markLayer];
  if (config.basemap) {
    layers.unshift(new ol.TileLayer({ source: new ol.XYZ({ url: config.basemap.url, maxZoom: config.basemap.zoom, attributions: config.basemap.attribution, attributionsCollapsible: false }), opacity: 0.75 }));
  }
  const view = new ol.View({ center: ol.getCenter(extent), zoom: 12, minZoom: 3, maxZoom: 22 });
  const map = new ol.Map({
    target: el, view, layers, controls: [new ol.Zoom({ zoomInTipLabel: "放大", zoomOutTipLabel: "缩小" }), new ol.ScaleLine({ units: "metric" }), new ol.Attribution({ collapsible: false })],
    interactions: ol.defaultInteractions({ altShiftDragRotate: false, pinchRotate: false }),
  });
  el.map = map; // for who looks at it from the console, or in a test
  view.fit(extent, { padding: [24, 24, 36, 24], maxZoom: 18, duration: 0 });

  fetch(config.shapes).then((r) => (r.ok ? r.json() : Promise.reject(new Error(String(r.status))))).then((g) => {
    shapes.addFeatures(new ol.GeoJSON().readFeatures(g, { featureProjection: "EPSG:3857" }).filter((f) => f.getGeometry()));
    map.once("rendercomplete", () => { el.dataset.ready = "1"; });
    map.render();
  }).catch((e) => {
    console.error(e);
    tell("图形暂时无法取得，请刷新页面。");
  });

  function tell(text) {
    tip.textContent = text;
    tip.hidden = !text;
  }

  // choose shows a finding on the map and in the table.
  function choose(f, go) {
    chosen = f;
    markLayer.changed();
    for (const b of buttons) b.closest("tr").classList.toggle("marked", f !== null && Number(b.dataset.mark) === f.getId());
    tell(f ? f.get("text") : "");
    if (f && go) {
      view.setCenter(f.getGeometry().getCoordinates());
      view.setZoom(Math.max(view.getZoom(), 17));
    }
  }
  for (const b of buttons) {
    b.hidden = false;
    b.addEventListener("click", () => {
      choose(marks.getFeatureById(Number(b.dataset.mark)), true);
      el.scrollIntoView({ block: "center" });
      el.focus({ preventScroll: true });
    });
  }
  map.on("click", (e) => choose(map.forEachFeatureAtPixel(e.pixel, (f) => f, { layerFilter: (l) => l === markLayer, hitTolerance: 6 }) ?? null, false));
  document.addEventListener("themechange", () => { shapeLayer.changed(); markLayer.changed(); });
}
