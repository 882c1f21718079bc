-- Which reported values of units add up to each cell? One row per unit whose value counts, with the keys of its cell, run and p.
-- {{valued}}: code, run, p, n, m, fuzzy, source, one row per unit that has a value. A cell takes, in this order: its own unit's value; the topmost
-- valued units of the area tree inside it; those of the party tree; and all that from source 0 before source 1.
-- Units above the asked level only reconcile and are left out. Of what stands below a unit the positions follow its own, up to last.
WITH placed AS (
    SELECT v.*, {{home_keys}}h.position, h.last,
        3 * v.source + CASE WHEN {{own}} THEN 0 WHEN h.tree = 'area' THEN 1 ELSE 2 END AS pick
    FROM {{valued}} v JOIN home h ON h.code = v.code
    WHERE {{known}}
), kept AS (
    SELECT * FROM placed QUALIFY pick = min(pick) OVER (PARTITION BY {{keys}}run, p)
)
SELECT * FROM kept
QUALIFY coalesce(position > max(last) OVER (PARTITION BY {{keys}}run, p ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), TRUE)
