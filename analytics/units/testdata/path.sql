-- unit_path: the unit above every unit at every level. One row per (code, level). Placeholders: org
-- and org_cover, the copies of a data version; on, a date. No nulls: a unit without a unit above at a level has no row for it.
-- Ties and party levels: see PathSQL.
WITH RECURSIVE unit AS MATERIALIZED (
    SELECT tree, code, parent_code, level, sort
    FROM {{org}}
    QUALIFY row_number() OVER (PARTITION BY code
        ORDER BY valid_from <= {{on}} AND (valid_to IS NULL OR valid_to > {{on}}) DESC, valid_from > {{on}},
        CASE WHEN valid_from > {{on}} THEN valid_from - {{on}} ELSE {{on}} - valid_from END) = 1
), up AS MATERIALIZED (
    -- every unit with itself and each unit above it in its own tree; steps counts the way up
    SELECT code, tree, level, code AS ancestor, parent_code AS next, 0 AS steps FROM unit
    UNION ALL
    SELECT c.code, u.tree, u.level, u.code, u.parent_code, c.steps + 1
    FROM up c JOIN unit u ON u.code = c.next AND u.tree = c.tree
    WHERE c.steps < 64 -- a loop is refused when loading; this only keeps a damaged table from hanging a query
), covered AS (
    -- area unit → covering organisation (of it or of a unit above) → that organisation's own and upper levels
    SELECT a.code, p.tree, p.level, p.ancestor
    FROM up a
    JOIN {{org_cover}} c ON c.area_code = a.ancestor
    JOIN unit o ON o.code = c.party_code AND o.tree = 'party'
    JOIN up p ON p.code = o.code
    WHERE a.tree = 'area'
    QUALIFY row_number() OVER (PARTITION BY a.code, p.level ORDER BY a.steps, p.steps, o.sort, o.code) = 1
)
SELECT code, level, tree, ancestor FROM up
UNION ALL
SELECT code, level, tree, ancestor FROM covered
