-- The four shapes, the trees of units, layers, coverage, and the jobs that wrote them.
-- Every versioned table T (all but job and reject) carries job and row (where a copy comes from, never
-- changed) and since (the job that wrote this copy); T_past holds the ended copies with until (the job
-- that ended it). Times are naive TIMESTAMPs in the site's time zone. No PRIMARY KEY or UNIQUE: see
-- docs/design.md, "Never lied to by the engine".

-- one row per published job; version is the data version it made
CREATE TABLE job (
    id BIGINT NOT NULL, version BIGINT NOT NULL, verb VARCHAR NOT NULL, target BIGINT,
    file VARCHAR, file_hash VARCHAR, profile VARCHAR, options VARCHAR, org_code VARCHAR,
    started_at TIMESTAMP NOT NULL, finished_at TIMESTAMP NOT NULL,
    "rows" BIGINT NOT NULL, accepted BIGINT NOT NULL, replaced BIGINT NOT NULL, unchanged BIGINT NOT NULL,
    rejected BIGINT NOT NULL, skipped BIGINT NOT NULL, masked BIGINT NOT NULL,
    located VARCHAR, warnings VARCHAR, written BIGINT NOT NULL, digest VARCHAR NOT NULL, digest_list INTEGER NOT NULL
);

-- one row per refused cell (row = file row, column null where the whole row is meant)
CREATE TABLE reject (
    job BIGINT NOT NULL, row BIGINT NOT NULL, col VARCHAR, value VARCHAR, reason VARCHAR NOT NULL, message VARCHAR NOT NULL
);

-- one row per copy of a matter with an outcome
CREATE TABLE record (
    id VARCHAR NOT NULL USING COMPRESSION uncompressed, source_system VARCHAR NOT NULL, source_no VARCHAR, kind VARCHAR, channel VARCHAR,
    category VARCHAR, category2 VARCHAR, title VARCHAR, text VARCHAR, org_code VARCHAR, located VARCHAR,
    lon DOUBLE, lat DOUBLE, place_id VARCHAR, target_group VARCHAR, dept VARCHAR, subject_key VARCHAR, actor_key VARCHAR,
    procedure VARCHAR, occurred_at TIMESTAMP, received_at TIMESTAMP, accepted_at TIMESTAMP, assigned_at TIMESTAMP,
    due_at TIMESTAMP, due_from VARCHAR, responded_at TIMESTAMP, visited_at TIMESTAMP, closed_at TIMESTAMP,
    stage1_at TIMESTAMP, stage2_at TIMESTAMP, stage3_at TIMESTAMP, stage4_at TIMESTAMP, stage5_at TIMESTAMP, stage6_at TIMESTAMP,
    status VARCHAR, resolved_level VARCHAR, result VARCHAR, satisfaction VARCHAR,
    valid_visit BOOLEAN, contacted BOOLEAN, resolved BOOLEAN, rework_count INTEGER,
    amount DOUBLE, quantity DOUBLE, fuzzy VARCHAR, dq VARCHAR, attrs VARCHAR,
    content UBIGINT NOT NULL USING COMPRESSION uncompressed, job BIGINT NOT NULL, row BIGINT NOT NULL, since BIGINT NOT NULL
);

-- one row per copy of something that took place
CREATE TABLE activity (
    id VARCHAR NOT NULL USING COMPRESSION uncompressed, type VARCHAR, brand VARCHAR, team VARCHAR, org_code VARCHAR, place_id VARCHAR, host VARCHAR,
    partner VARCHAR, subject_key VARCHAR, actor_key VARCHAR, held_at TIMESTAMP, expected INTEGER, attended INTEGER,
    beneficiaries INTEGER, hours DOUBLE, km DOUBLE, sites INTEGER, amount DOUBLE, quantity DOUBLE,
    resolutions INTEGER, resolutions_closed INTEGER, fuzzy VARCHAR, dq VARCHAR, attrs VARCHAR,
    content UBIGINT NOT NULL USING COMPRESSION uncompressed, job BIGINT NOT NULL, row BIGINT NOT NULL, since BIGINT NOT NULL
);

-- one row per copy of a number reported for a unit and a period [period_from, period_to)
CREATE TABLE figure (
    id VARCHAR NOT NULL USING COMPRESSION uncompressed, org_code VARCHAR, subject_type VARCHAR, subject VARCHAR, measure VARCHAR NOT NULL,
    period_from TIMESTAMP, period_to TIMESTAMP, as_of TIMESTAMP, value DOUBLE, qualifier VARCHAR,
    numerator DOUBLE, denominator DOUBLE, denominator_label VARCHAR, unit VARCHAR, dq VARCHAR, attrs VARCHAR,
    content UBIGINT NOT NULL USING COMPRESSION uncompressed, job BIGINT NOT NULL, row BIGINT NOT NULL, since BIGINT NOT NULL
);

-- one row per copy of something that exists
CREATE TABLE place (
    id VARCHAR NOT NULL USING COMPRESSION uncompressed, type VARCHAR, name VARCHAR, org_code VARCHAR, party_org_code VARCHAR, lon DOUBLE, lat DOUBLE,
    opened_on TIMESTAMP, closed_on TIMESTAMP, households INTEGER, has_property BOOLEAN, has_owners_committee BOOLEAN,
    has_management_committee BOOLEAN, person_key VARCHAR, related_id VARCHAR, status VARCHAR, dq VARCHAR, attrs VARCHAR,
    content UBIGINT NOT NULL USING COMPRESSION uncompressed, job BIGINT NOT NULL, row BIGINT NOT NULL, since BIGINT NOT NULL
);

-- one row per copy of a unit in [valid_from, valid_to); tree is 'area' or 'party'
CREATE TABLE org (
    tree VARCHAR NOT NULL, code VARCHAR NOT NULL, parent_code VARCHAR, level VARCHAR NOT NULL, name VARCHAR NOT NULL,
    sort INTEGER NOT NULL, valid_from DATE NOT NULL, valid_to DATE,
    population BIGINT, households BIGINT, area_km2 DOUBLE, leader_title VARCHAR, attrs VARCHAR,
    job BIGINT NOT NULL, row BIGINT NOT NULL, since BIGINT NOT NULL
);

-- one row per further name of a unit
CREATE TABLE org_alias (
    alias VARCHAR NOT NULL, code VARCHAR NOT NULL,
    job BIGINT NOT NULL, row BIGINT NOT NULL, since BIGINT NOT NULL
);

-- one row per area unit that a party organisation covers
CREATE TABLE org_cover (
    party_code VARCHAR NOT NULL, area_code VARCHAR NOT NULL,
    job BIGINT NOT NULL, row BIGINT NOT NULL, since BIGINT NOT NULL
);

-- one row per polygon of a unit in [valid_from, valid_to); wkb is a MultiPolygon, WGS-84, lon lat
CREATE TABLE layer (
    level VARCHAR NOT NULL, code VARCHAR NOT NULL, valid_from DATE NOT NULL, valid_to DATE, wkb BLOB NOT NULL,
    area_m2 DOUBLE NOT NULL, source VARCHAR NOT NULL, source_crs VARCHAR NOT NULL,
    job BIGINT NOT NULL, row BIGINT NOT NULL, since BIGINT NOT NULL
);

-- one row per statement that a kind (shape record) or measure, type … was delivered for a unit (null = the
-- whole site) and [period_from, period_to)
CREATE TABLE coverage (
    shape VARCHAR NOT NULL, subject VARCHAR NOT NULL, org_code VARCHAR, period_from TIMESTAMP NOT NULL, period_to TIMESTAMP NOT NULL,
    stated_by VARCHAR NOT NULL,
    job BIGINT NOT NULL, row BIGINT NOT NULL, since BIGINT NOT NULL
);

CREATE TABLE record_past    AS SELECT *, NULL::BIGINT AS until FROM record    LIMIT 0;
CREATE TABLE activity_past  AS SELECT *, NULL::BIGINT AS until FROM activity  LIMIT 0;
CREATE TABLE figure_past    AS SELECT *, NULL::BIGINT AS until FROM figure    LIMIT 0;
CREATE TABLE place_past     AS SELECT *, NULL::BIGINT AS until FROM place     LIMIT 0;
CREATE TABLE org_past       AS SELECT *, NULL::BIGINT AS until FROM org       LIMIT 0;
CREATE TABLE org_alias_past AS SELECT *, NULL::BIGINT AS until FROM org_alias LIMIT 0;
CREATE TABLE org_cover_past AS SELECT *, NULL::BIGINT AS until FROM org_cover LIMIT 0;
CREATE TABLE layer_past     AS SELECT *, NULL::BIGINT AS until FROM layer     LIMIT 0;
CREATE TABLE coverage_past  AS SELECT *, NULL::BIGINT AS until FROM coverage  LIMIT 0;
