-- Which scored units belong to some given units? One row per scored unit that has anything to do with them: own, whether
-- it is one of them or lies below one; part, whether any area unit that counts for it does; whole, whether all do.
-- Placeholders: path, that is units.PathSQL, with a row for every unit above a unit, itself included, and every
-- organisation that covers it; given, the bound codes of the given units. $1: the scored level.
WITH unit_path AS MATERIALIZED ({{path}}), given AS MATERIALIZED (
    SELECT DISTINCT code FROM unit_path WHERE ancestor IN ({{given}})
), area AS (
    SELECT DISTINCT code FROM unit_path WHERE code = ancestor AND tree = 'area'
)
SELECT s.ancestor,
    bool_or(s.code = s.ancestor AND g.code IS NOT NULL) AS own,
    bool_or(a.code IS NOT NULL AND g.code IS NOT NULL) AS part,
    bool_or(a.code IS NOT NULL) AND bool_and(a.code IS NULL OR g.code IS NOT NULL) AS whole
FROM unit_path s LEFT JOIN given g ON g.code = s.code LEFT JOIN area a ON a.code = s.code
WHERE s.level = $1
GROUP BY s.ancestor
HAVING count(g.code) > 0
