-- What was refused is kept as it stood in the file, so that it can be corrected and loaded again. These tables belong to
-- their job: they are neither versioned nor part of its digest, and what an undone job wrote counts no more.

-- one row per load: who loaded it, which table of which part of the file it was, its header (JSON array), the unit (null =
-- the whole site) and the period (null = none) that stand around the table
CREATE TABLE loaded (
    job BIGINT NOT NULL, actor VARCHAR, part VARCHAR, sheet VARCHAR, header VARCHAR,
    unit VARCHAR, period_from TIMESTAMP, period_to TIMESTAMP
);

-- one row per refused row: its cells (JSON array), those about persons as tokens, the others masked
CREATE TABLE reject_row (
    job BIGINT NOT NULL, row BIGINT NOT NULL, cells VARCHAR NOT NULL
);

-- one row per refused row of an earlier job (refused_by) that the job settled
CREATE TABLE reject_cleared (
    job BIGINT NOT NULL, refused_by BIGINT NOT NULL, row BIGINT NOT NULL
);
