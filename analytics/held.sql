-- What of schedules was held, in each cell no more than was due? Only for schedules that ask the same of every unit of a level:
-- cells in which nothing was held then need no row (owed). One row per combination of asked units, run and p in which something
-- was held. Placeholders: keys, unit_keys and group, the columns of the asked units; columns, the sums of each leaf; owing, what an
-- activity counts for; number, that of the period that holds it (periodNumber); types and within, the activities to read;
-- period, the ended periods, numbered from lo to below hi.
SELECT {{keys}}e.run, e.p{{columns}}
FROM (
    SELECT o.rule, o.unit, {{unit_keys}}{{number}} AS nr, count(*) AS n
    FROM {{activity}} a JOIN ({{owing}}) o ON o.code = a.org_code AND o.type = a.type
    WHERE a.type IN ({{types}}) AND a.held_at <= {{now}} AND {{within}}
    GROUP BY ALL
) h JOIN (
    SELECT rule, run, p, weight, due, unnest(range(lo, hi)) AS nr FROM (VALUES {{period}}) v(rule, run, p, weight, due, lo, hi)
) e ON e.rule = h.rule AND e.nr = h.nr
GROUP BY {{group}}e.run, e.p
