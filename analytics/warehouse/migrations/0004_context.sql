-- What is drawn under the units on the map, of the site's own: roads, water, buildings, facilities.

-- one row per thing of a layer; number counts them from 1, since one row of a file may hold several; wkb is a Point, a LineString,
-- a MultiPolygon or a Multi of the first two, WGS-84, lon lat; kind is one of the whole layer
CREATE TABLE context (
    layer VARCHAR NOT NULL, number BIGINT NOT NULL, kind VARCHAR NOT NULL, name VARCHAR, wkb BLOB NOT NULL,
    source VARCHAR NOT NULL, source_crs VARCHAR NOT NULL,
    job BIGINT NOT NULL, row BIGINT NOT NULL, since BIGINT NOT NULL
);

CREATE TABLE context_past AS SELECT *, NULL::BIGINT AS until FROM context LIMIT 0;
