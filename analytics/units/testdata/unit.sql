-- The units in official order. One row per code. Placeholders: org, the copies of a data version; on, a date.
-- Of a code's versions the one in force on the date counts, else the last that has ended, else the first to come.
-- Nulls: parent_code of a root, and the attributes nobody has stated.
WITH RECURSIVE unit AS MATERIALIZED (
    SELECT *, valid_from <= {{on}} AND (valid_to IS NULL OR valid_to > {{on}}) AS valid
    FROM {{org}}
    QUALIFY row_number() OVER (PARTITION BY code ORDER BY valid DESC, valid_from > {{on}},
        CASE WHEN valid_from > {{on}} THEN valid_from - {{on}} ELSE {{on}} - valid_from END) = 1
), placed AS (
    -- a path of (sort, code) from the root down: comparing paths is walking the tree depth first
    SELECT tree, code, [printf('%011d', sort) || code] AS path
    FROM unit u WHERE NOT EXISTS (SELECT 1 FROM unit p WHERE p.code = u.parent_code AND p.tree = u.tree)
    UNION ALL
    SELECT u.tree, u.code, list_append(p.path, printf('%011d', u.sort) || u.code)
    FROM placed p JOIN unit u ON u.parent_code = p.code AND u.tree = p.tree
)
SELECT u.tree, u.code, u.parent_code, u.level, u.name, u.sort, u.households, u.population, u.area_km2, u.leader_title, u.valid,
    row_number() OVER (ORDER BY u.tree, p.path) AS position
FROM unit u JOIN placed p USING (code)
