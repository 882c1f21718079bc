// What the map page uses of OpenLayers. esbuild leaves out the rest, so a page that needs more adds a line here.
// Nothing that needs WebGL: the map must also run on the machines of a service hall.

export { default as Feature } from 'ol/Feature.js';
export { default as Map } from 'ol/Map.js';
export { default as Overlay } from 'ol/Overlay.js';
export { default as View } from 'ol/View.js';
export { default as Attribution } from 'ol/control/Attribution.js';
export { default as ScaleLine } from 'ol/control/ScaleLine.js';
export { default as Zoom } from 'ol/control/Zoom.js';
export { boundingExtent, createEmpty, extend, getCenter, isEmpty } from 'ol/extent.js';
export { default as GeoJSON } from 'ol/format/GeoJSON.js';
export { default as MVT } from 'ol/format/MVT.js';
export { default as LineString } from 'ol/geom/LineString.js';
export { default as MultiPoint } from 'ol/geom/MultiPoint.js';
export { default as MultiPolygon } from 'ol/geom/MultiPolygon.js';
export { default as Point } from 'ol/geom/Point.js';
export { default as Polygon } from 'ol/geom/Polygon.js';
export { default as Draw } from 'ol/interaction/Draw.js';
export { default as Modify } from 'ol/interaction/Modify.js';
export { default as Snap } from 'ol/interaction/Snap.js';
export { defaults as defaultInteractions } from 'ol/interaction/defaults.js';
export { default as ImageLayer } from 'ol/layer/Image.js';
export { default as TileLayer } from 'ol/layer/Tile.js';
export { default as VectorLayer } from 'ol/layer/Vector.js';
export { default as VectorTileLayer } from 'ol/layer/VectorTile.js';
export { fromLonLat, toLonLat, transformExtent } from 'ol/proj.js';
export { default as Cluster } from 'ol/source/Cluster.js';
export { default as ImageStatic } from 'ol/source/ImageStatic.js';
export { default as VectorSource } from 'ol/source/Vector.js';
export { default as VectorTileSource } from 'ol/source/VectorTile.js';
export { default as XYZ } from 'ol/source/XYZ.js';
export { getArea, getLength } from 'ol/sphere.js';
export { default as CircleStyle } from 'ol/style/Circle.js';
export { default as Fill } from 'ol/style/Fill.js';
export { default as Stroke } from 'ol/style/Stroke.js';
export { default as Style } from 'ol/style/Style.js';
export { default as Text } from 'ol/style/Text.js';
