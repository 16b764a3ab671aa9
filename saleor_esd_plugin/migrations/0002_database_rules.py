"""What the database itself refuses, and the queue of keys.

The queue is a narrow table with nothing but its primary key, tuned for rows that come and go. The triggers
keep three promises even if our code forgets them: a key's row does not change except for three instants,
each set once; a key that was revealed, quarantined or revoked is never for sale; an event stays as it was
written. And the tables do not go while customers own licenses.
"""

from django.db import migrations

QUEUE = """
CREATE TABLE esd_availablekey (
    pool_id uuid NOT NULL REFERENCES esd_keypool (id) DEFERRABLE INITIALLY DEFERRED,
    key_id uuid NOT NULL REFERENCES esd_licensekey (id) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (pool_id, key_id)
) WITH (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 20000,
    autovacuum_vacuum_cost_delay = 0,
    vacuum_truncate = off
);
"""

KEY_IS_IMMUTABLE = """
CREATE FUNCTION esd_key_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'esd: a license key is never deleted';
    END IF;
    IF (NEW.id, NEW.pool_id, NEW.batch_id, NEW.suffix, NEW.use_by, NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.pool_id, OLD.batch_id, OLD.suffix, OLD.use_by, OLD.created_at)
    THEN
        RAISE EXCEPTION 'esd: a license key does not change';
    END IF;
    -- A rewrap under another key of the ring changes these together with the number of that key.
    IF (OLD.revealed_at IS NOT NULL AND NEW.revealed_at IS DISTINCT FROM OLD.revealed_at)
        OR (OLD.quarantined_at IS NOT NULL AND NEW.quarantined_at IS DISTINCT FROM OLD.quarantined_at)
        OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at)
    THEN
        RAISE EXCEPTION 'esd: revealed, quarantined and revoked are final';
    END IF;
    IF (NEW.revealed_at IS NOT NULL OR NEW.quarantined_at IS NOT NULL OR NEW.revoked_at IS NOT NULL)
        AND EXISTS (
            SELECT FROM esd_availablekey
            WHERE pool_id = NEW.pool_id AND key_id = NEW.id
        )
    THEN
        RAISE EXCEPTION 'esd: the key is still for sale';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER esd_key_is_immutable BEFORE UPDATE OR DELETE ON esd_licensekey
    FOR EACH ROW EXECUTE FUNCTION esd_key_is_immutable();
"""

# Once per statement, so that a large import pays once. FOR SHARE makes it wait for a reveal under way.
ONLY_FRESH_KEYS_FOR_SALE = """
CREATE FUNCTION esd_only_fresh_keys_for_sale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM esd_licensekey key JOIN added ON key.id = added.key_id FOR SHARE OF key;
    IF EXISTS (
        SELECT FROM added JOIN esd_licensekey key ON key.id = added.key_id
        WHERE key.revealed_at IS NOT NULL OR key.quarantined_at IS NOT NULL
            OR key.revoked_at IS NOT NULL OR key.pool_id <> added.pool_id
    ) THEN
        RAISE EXCEPTION 'esd: a key that was revealed, quarantined or revoked is not for sale';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER esd_only_fresh_keys_for_sale AFTER INSERT ON esd_availablekey
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION esd_only_fresh_keys_for_sale();
"""

EVENTS_STAY = """
CREATE FUNCTION esd_events_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'esd: events are append-only';
END $$;
CREATE TRIGGER esd_events_stay BEFORE UPDATE OR DELETE ON esd_event
    FOR EACH ROW EXECUTE FUNCTION esd_events_stay();
"""


def refuse_with_licenses(apps, schema_editor):
    """Migrating back to zero drops every key; nobody wants that who has sold one."""
    licenses = (
        apps.get_model("esd", "License").objects.using(schema_editor.connection.alias).count()
    )
    if licenses:
        raise RuntimeError(
            f"{licenses} licenses would be lost with their keys. Export or delete them first; the tables"
            " may stay when the plugin goes."
        )


class Migration(migrations.Migration):
    dependencies = [("esd", "0001_initial")]

    operations = [
        migrations.RunSQL(QUEUE, "DROP TABLE esd_availablekey;"),
        migrations.RunSQL(
            KEY_IS_IMMUTABLE,
            "DROP TRIGGER esd_key_is_immutable ON esd_licensekey;"
            "DROP FUNCTION esd_key_is_immutable();",
        ),
        migrations.RunSQL(
            ONLY_FRESH_KEYS_FOR_SALE,
            "DROP TRIGGER esd_only_fresh_keys_for_sale ON esd_availablekey;"
            "DROP FUNCTION esd_only_fresh_keys_for_sale();",
        ),
        migrations.RunSQL(
            EVENTS_STAY,
            "DROP TRIGGER esd_events_stay ON esd_event; DROP FUNCTION esd_events_stay();",
        ),
        # Last, so that going backwards it comes first.
        migrations.RunPython(migrations.RunPython.noop, refuse_with_licenses),
    ]
