-- Which units of these levels are there to be scored? One row per unit in force, in official order. upper is null at the
-- top of a tree. Placeholders: units, that is units.UnitSQL; levels, bound.
WITH org_unit AS ({{units}})
SELECT u.level, u.code, u.name, p.name AS upper
FROM org_unit u LEFT JOIN org_unit p ON p.code = u.parent_code AND p.tree = u.tree
WHERE u.valid AND u.level IN ({{levels}})
ORDER BY u.position
