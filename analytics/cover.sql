-- On which of the days that have begun was what a metric is about delivered? The CTEs up to day_count: one row per unit of
-- the spine (cu: its position, 0 where the spine has none), run, p and subject: the days on which every leaf unit below it has a
-- statement of its own, of a unit above it or of the whole site.
-- Leaves under the same stating units are covered alike: they are counted once, as a class. Days are counted by
-- intervals: of each class the statements are merged, and a sweep over their edges keeps those intervals on which all
-- classes of a unit are covered.
-- Subjects are written shape:subject. Leaves are those of the area tree, except for subjects that only party
-- organisations state: then those of the party tree.
statement AS MATERIALIZED (
    SELECT DISTINCT c.shape || ':' || c.subject AS subject, c.org_code,
        greatest(CAST(c.period_from AS DATE), {{lo}}) AS f,
        least(CAST(CASE WHEN c.period_to > date_trunc('day', c.period_to) THEN date_trunc('day', c.period_to) + INTERVAL 1 DAY ELSE c.period_to END AS DATE), {{hi}}) AS t
    FROM {{coverage}} c
    WHERE c.shape || ':' || c.subject IN (SELECT subject FROM stated) AND c.period_from < {{hi}} AND c.period_to > {{lo}}{{reach}}
), statement_tree AS MATERIALIZED (
    SELECT s.subject, CASE WHEN bool_and(coalesce(u.tree, 'area') = 'party') THEN 'party' ELSE 'area' END AS tree
    FROM statement s LEFT JOIN org_unit u ON u.code = s.org_code GROUP BY s.subject
), leaf AS MATERIALIZED (
    SELECT h.code, u.tree, {{cu}} AS cu
    FROM home h JOIN org_unit u ON u.code = h.code
    WHERE u.valid AND NOT EXISTS (SELECT 1 FROM org_unit b WHERE b.parent_code = u.code AND b.tree = u.tree AND b.valid)
), above AS MATERIALIZED (
    SELECT l.code, p.ancestor AS org_code
    FROM leaf l JOIN unit_path p ON p.code = l.code
    WHERE p.ancestor IN (SELECT org_code FROM statement)
), class AS MATERIALIZED (
    SELECT cu, tree, min(code) AS code FROM (
        SELECT l.cu, l.tree, l.code, string_agg(a.org_code, ',' ORDER BY a.org_code) AS stating
        FROM leaf l LEFT JOIN above a ON a.code = l.code GROUP BY l.cu, l.tree, l.code
    ) GROUP BY cu, tree, stating
    UNION ALL -- a unit without leaves: only statements for the whole site cover it
    SELECT c.cu, t.tree, '' FROM (SELECT DISTINCT {{cu}} AS cu FROM {{units}} h) c CROSS JOIN (VALUES ('area'), ('party')) t(tree)
    WHERE NOT EXISTS (SELECT 1 FROM leaf l WHERE l.cu = c.cu AND l.tree = t.tree)
), class_count AS (
    SELECT cu, tree, count(*) AS n FROM class GROUP BY cu, tree
), stretch AS (
    SELECT c.cu, c.tree, c.code, s.subject, s.f, s.t
    FROM statement s JOIN statement_tree st ON st.subject = s.subject JOIN class c ON c.tree = st.tree
    WHERE s.org_code IS NULL
    UNION ALL
    SELECT c.cu, c.tree, c.code, s.subject, s.f, s.t
    FROM statement s JOIN statement_tree st ON st.subject = s.subject JOIN above a ON a.org_code = s.org_code
    JOIN class c ON c.code = a.code AND c.tree = st.tree
), merged AS MATERIALIZED (
    SELECT cu, tree, code, subject, min(f) AS f, max(t) AS t FROM (
        SELECT *, sum(fresh) OVER (PARTITION BY cu, code, subject ORDER BY f, t ROWS UNBOUNDED PRECEDING) AS island FROM (
            SELECT *, CASE WHEN f <= max(t) OVER (PARTITION BY cu, code, subject ORDER BY f, t
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) THEN 0 ELSE 1 END AS fresh FROM stretch)
    ) GROUP BY cu, tree, code, subject, island
), edge AS (
    SELECT cu, tree, subject, x, sum(delta) AS delta FROM (
        SELECT cu, tree, subject, f AS x, 1 AS delta FROM merged
        UNION ALL SELECT cu, tree, subject, t, -1 FROM merged
    ) GROUP BY cu, tree, subject, x
), depth AS (
    SELECT cu, tree, subject, x AS f, lead(x) OVER o AS t, sum(delta) OVER o AS depth
    FROM edge WINDOW o AS (PARTITION BY cu, tree, subject ORDER BY x)
), whole_cover AS (
    SELECT d.cu, d.subject, d.f, d.t FROM depth d JOIN class_count n ON n.cu = d.cu AND n.tree = d.tree WHERE d.depth = n.n
), day_count AS MATERIALIZED (
    SELECT w.cu, w.subject, s.run, s.p, s.days, sum(date_diff('day', greatest(w.f, s.first_day), least(w.t, s.end_day))) AS covered
    FROM whole_cover w JOIN span s ON w.f < s.end_day AND w.t > s.first_day
    GROUP BY w.cu, w.subject, s.run, s.p, s.days
)
