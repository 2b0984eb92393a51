-- `events` and `attempts` by days: partitions by ranges of ids, which hold their time. Old days are then dropped, not deleted
-- row by row. No row is copied: the table of before becomes the partition of all ids below a bound. Where it has rows, the
-- bound is the end of today, UTC. Rows with ids beyond it, from a clock that was ahead, move to the default partition, which
-- takes every id that no other partition does. The program makes the partitions of the days.
--
-- One transaction: a kill at any time leaves everything as it was. It reads each table once, to check the bound, while other
-- statements wait.
DO $$
DECLARE
    day CONSTANT BIGINT := 86400000000 * 4096;
    today CONSTANT BIGINT := FLOOR(EXTRACT(EPOCH FROM clock_timestamp()) / 86400)::BIGINT - 18262;
    bound BIGINT;
    has_rows BOOLEAN;
    part RECORD;
    granted RECORD;
BEGIN
    FOR part IN SELECT * FROM (VALUES ('events', 'id', 'id'), ('attempts', 'delivery_id', 'delivery_id, number'))
        AS parts (name, id, primary_key)
    LOOP
        EXECUTE format('ALTER TABLE %1$I RENAME TO %2$I', part.name, part.name || '_before');
        EXECUTE format('ALTER TABLE %1$I RENAME CONSTRAINT %2$I TO %3$I', part.name || '_before', part.name || '_pkey',
            part.name || '_before_pkey');
        EXECUTE format('CREATE TABLE %1$I (LIKE %2$I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE, '
            'PRIMARY KEY (%3$s)) PARTITION BY RANGE (%4$I)', part.name, part.name || '_before', part.primary_key, part.id);
        IF part.name = 'events' THEN
            ALTER INDEX events_unmatched RENAME TO events_before_unmatched;
            CREATE INDEX events_unmatched ON events (id) WHERE unmatched IS NOT NULL;
        END IF;
        EXECUTE format('CREATE TABLE %1$I PARTITION OF %2$I DEFAULT', part.name || '_default', part.name);
        -- Rights to the table of before are rights to the new one.
        FOR granted IN EXECUTE format('SELECT acl.privilege_type AS what, acl.is_grantable AS option, '
            'CASE WHEN acl.grantee = 0 THEN ''PUBLIC'' ELSE quote_ident(pg_get_userbyid(acl.grantee)) END AS role '
            'FROM pg_class, aclexplode(relacl) AS acl WHERE pg_class.oid = %L::regclass AND acl.grantee <> relowner',
            part.name || '_before')
        LOOP
            EXECUTE format('GRANT %1$s ON %2$I TO %3$s%4$s', granted.what, part.name, granted.role,
                CASE WHEN granted.option THEN ' WITH GRANT OPTION' ELSE '' END);
        END LOOP;
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %1$I)', part.name || '_before') INTO has_rows;
        bound := (today + CASE WHEN has_rows THEN 1 ELSE 0 END) * day;
        EXECUTE format('WITH ahead AS (DELETE FROM %1$I WHERE %2$I >= %3$s RETURNING *) INSERT INTO %4$I SELECT * FROM ahead',
            part.name || '_before', part.id, bound, part.name);
        EXECUTE format('ALTER TABLE %1$I ATTACH PARTITION %2$I FOR VALUES FROM (MINVALUE) TO (%3$s)', part.name,
            part.name || '_before', bound);
    END LOOP;
END
$$;
