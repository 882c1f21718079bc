-- What was due under some schedules, and what of it was held? One row per cell: a unit of the schedule's level (or a place of
-- its type) in one ended period of the calendar. Columns: rule (the schedule), code (the unit), run, p, weight, due, held,
-- f and t (the period), id (the unit or the place). Placeholders: period, the ended periods from first to before last; cell, what
-- the cells are of, c(key, id, code, kind) with further columns; counts and key, how an activity finds its cell; start, the
-- beginning of the period that holds it; types and within, the activities to read; due and plan, the number due; open, which
-- cells count.
SELECT e.rule, c.code, e.run, e.p, e.weight, {{due}} AS due, coalesce(held.n, 0) AS held, e.f, e.t, c.id
FROM (
    SELECT *, f + step AS t
    FROM (SELECT *, unnest(range(first, last, step)) AS f FROM (VALUES {{period}}) v(rule, kind, run, p, weight, due, measure, step, first, last))
) e JOIN ({{cell}}) c ON c.kind = e.kind
LEFT JOIN (
    SELECT o.rule, {{key}} AS key, {{start}} AS f, count(*) AS n
    FROM {{activity}} a JOIN {{counts}}
    WHERE a.type IN ({{types}}) AND a.held_at <= {{now}} AND {{within}}
    GROUP BY ALL
) held ON held.rule = e.rule AND held.key = c.key AND held.f = e.f{{plan}}{{open}}
