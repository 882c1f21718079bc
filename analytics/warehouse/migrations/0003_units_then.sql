-- Where a new cut of a layer gives a row another unit, org_then keeps the one it was given when it was loaded ('' for
-- none); null: org_code is that unit.
ALTER TABLE record        ADD COLUMN org_then VARCHAR;
ALTER TABLE record_past   ADD COLUMN org_then VARCHAR;
ALTER TABLE activity      ADD COLUMN org_then VARCHAR;
ALTER TABLE activity_past ADD COLUMN org_then VARCHAR;
ALTER TABLE place         ADD COLUMN org_then VARCHAR;
ALTER TABLE place_past    ADD COLUMN org_then VARCHAR;
