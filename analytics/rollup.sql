-- What do the reported values of units add up to in each cell? One row per cell of units, run and p. {{valued}}: code, run, p, n, m,
-- fuzzy, source, one row per unit that has a value. A cell takes, in this order: its own unit's value; the topmost
-- valued units of the area tree inside it; those of the party tree; and all that from source 0 before source 1.
-- Units above the asked level only reconcile and are left out.
WITH placed AS (
    SELECT v.*, {{home_keys}}u.tree,
        3 * v.source + CASE WHEN {{own}} THEN 0 WHEN u.tree = 'area' THEN 1 ELSE 2 END AS pick
    FROM {{valued}} v JOIN home h ON h.code = v.code JOIN org_unit u ON u.code = v.code
    WHERE {{known}}
), best AS (
    SELECT *, min(pick) OVER (PARTITION BY {{keys}}run, p) AS least FROM placed
), kept AS (
    SELECT * FROM best WHERE pick = least
), top AS (
    SELECT * FROM kept v WHERE NOT EXISTS (
        SELECT 1 FROM unit_path a JOIN kept o ON o.code = a.ancestor
        WHERE a.code = v.code AND a.ancestor <> v.code AND o.run = v.run AND o.p = v.p{{same}})
)
SELECT {{keys}}run, p, sum(n) AS n{{i}}, sum(m) AS m{{i}}, count(*) AS r{{i}}, count(*) FILTER (WHERE fuzzy) AS x{{i}}
FROM top GROUP BY {{keys}}run, p{{rest}}
