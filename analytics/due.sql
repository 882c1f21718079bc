-- What was due under some schedules, and what of it was held? One row per cell: a unit of the schedule's level (or a place of
-- its type) in one ended period of the calendar. Columns: rule (the schedule), code (the unit), run, p, weight, due, held,
-- f and t (the period), id (the unit or the place). Placeholders: cell, what the cells are of, c(rule, id, code) with further
-- columns; rule, the schedules; period, their ended periods; key, up and type, how an activity finds its cell; start, the
-- beginning of the period that holds it; from and to, the periods' limits; due and plan, the number due; open, which cells count.
SELECT e.rule, c.code, e.run, e.p, q.weight, {{due}} AS due, coalesce(held.n, 0) AS held, e.f, e.t, c.id
FROM ({{rule}}) q JOIN ({{period}}) e ON e.rule = q.rule JOIN ({{cell}}) c ON c.kind = q.kind
LEFT JOIN (
    SELECT k.rule, {{key}} AS id, {{start}} AS f, count(*) AS n
    FROM {{activity}} a JOIN (VALUES {{type}}) k(rule, type, kind, per) ON k.type = a.type{{up}}
    WHERE a.held_at <= {{now}} AND {{held}} >= {{from}} AND {{held}} < {{to}}
    GROUP BY 1, 2, 3
) held ON held.rule = e.rule AND held.id = c.id AND held.f = e.f{{plan}}{{open}}
