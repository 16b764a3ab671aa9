"""Stock that is counted as it changes, keys that are too old to sell, and warnings of low stock.

Triggers write what a statement changed, one small row per pool and figure, so that nothing a claim does waits
for another claim (no counter per pool is updated). What is there already is counted once, at the end.
"""

import django.db.models.deletion
from django.db import migrations, models

# Of the keys' own figures a day is the use-by date, of licenses the day (UTC) on which they were made.
COUNT_PLACES = """
CREATE FUNCTION esd_count_places() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A sub-select for each row, not a join: the plan is kept, and a join that was planned for a large
    -- import would read the whole table for every single claim.
    INSERT INTO esd_stockchange (pool_id, figure, day, change)
    SELECT pool_id, TG_ARGV[0], day, CASE TG_OP WHEN 'DELETE' THEN -count(*) ELSE count(*) END
    FROM (
        SELECT pool_id, coalesce(
            (SELECT use_by FROM esd_licensekey WHERE id = changed.key_id), DATE '1970-01-01'
        ) AS day
        FROM changed
    ) AS counted
    GROUP BY pool_id, day;
    RETURN NULL;
END $$;
CREATE TRIGGER esd_stock_queued AFTER INSERT ON esd_availablekey
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION esd_count_places('AVAILABLE');
CREATE TRIGGER esd_stock_dequeued AFTER DELETE ON esd_availablekey
    REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION esd_count_places('AVAILABLE');
CREATE TRIGGER esd_stock_withheld AFTER INSERT ON esd_withheldkey
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION esd_count_places('WITHHELD');
CREATE TRIGGER esd_stock_unwithheld AFTER DELETE ON esd_withheldkey
    REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION esd_count_places('WITHHELD');
"""

COUNT_KEYS = """
CREATE FUNCTION esd_count_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO esd_stockchange (pool_id, figure, day, change)
    SELECT pool_id, 'IMPORTED', DATE '1970-01-01', count(*) FROM after GROUP BY pool_id;
    RETURN NULL;
END $$;
CREATE TRIGGER esd_stock_imported AFTER INSERT ON esd_licensekey
    REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION esd_count_keys();
CREATE FUNCTION esd_count_withdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO esd_stockchange (pool_id, figure, day, change)
    SELECT pool_id, figure, DATE '1970-01-01', sum(step)
    FROM (
        SELECT pool_id, 1 AS step, CASE WHEN revoked_at IS NOT NULL THEN 'REVOKED'
            WHEN quarantined_at IS NOT NULL THEN 'QUARANTINED' END AS figure
        FROM after
        UNION ALL
        SELECT pool_id, -1, CASE WHEN revoked_at IS NOT NULL THEN 'REVOKED'
            WHEN quarantined_at IS NOT NULL THEN 'QUARANTINED' END
        FROM before
    ) AS counted
    WHERE figure IS NOT NULL GROUP BY pool_id, figure HAVING sum(step) <> 0;
    IF FOUND THEN
        -- Quarantined or revoked, whoever does it: then that is where the key is counted.
        DELETE FROM esd_withheldkey WHERE key_id IN (
            SELECT id FROM after WHERE quarantined_at IS NOT NULL OR revoked_at IS NOT NULL
        );
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER esd_stock_withdrawn AFTER UPDATE ON esd_licensekey
    REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION esd_count_withdrawn();
"""

COUNT_LICENSES = """
CREATE FUNCTION esd_count_licenses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO esd_stockchange (pool_id, figure, day, change)
    SELECT pool_id, fulfillment, day, CASE TG_OP WHEN 'DELETE' THEN -count(*) ELSE count(*) END
    FROM (
        SELECT (SELECT pool_id FROM esd_licensekey WHERE id = changed.key_id) AS pool_id,
            fulfillment, (created_at AT TIME ZONE 'UTC')::date AS day
        FROM changed
    ) AS counted
    GROUP BY pool_id, fulfillment, day;
    RETURN NULL;
END $$;
CREATE TRIGGER esd_stock_sold AFTER INSERT ON esd_license
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION esd_count_licenses();
CREATE TRIGGER esd_stock_unsold AFTER DELETE ON esd_license
    REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION esd_count_licenses();
CREATE FUNCTION esd_count_license_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO esd_stockchange (pool_id, figure, day, change)
    SELECT pool_id, fulfillment, day, sum(step)
    FROM (
        -- Most updates change neither state nor key: only what is left needs its pool.
        SELECT (SELECT pool_id FROM esd_licensekey WHERE id = moved.key_id) AS pool_id,
            fulfillment, day, step
        FROM (
            SELECT key_id, fulfillment, (created_at AT TIME ZONE 'UTC')::date AS day, sum(step) AS step
            FROM (
                SELECT key_id, fulfillment, created_at, 1 AS step FROM after
                UNION ALL
                SELECT key_id, fulfillment, created_at, -1 FROM before
            ) AS both_sides
            GROUP BY 1, 2, 3 HAVING sum(step) <> 0
        ) AS moved
    ) AS counted
    GROUP BY pool_id, fulfillment, day HAVING sum(step) <> 0;
    RETURN NULL;
END $$;
CREATE TRIGGER esd_stock_license_changed AFTER UPDATE ON esd_license
    REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION esd_count_license_changes();
"""

# Creating the triggers has locked the tables: nothing changes between them and this count.
COUNT_ONCE = """
INSERT INTO esd_stockchange (pool_id, figure, day, change)
SELECT pool_id, 'IMPORTED', DATE '1970-01-01', count(*) FROM esd_licensekey GROUP BY pool_id
UNION ALL
SELECT pool_id, CASE WHEN revoked_at IS NULL THEN 'QUARANTINED' ELSE 'REVOKED' END,
    DATE '1970-01-01', count(*)
FROM esd_licensekey WHERE quarantined_at IS NOT NULL OR revoked_at IS NOT NULL GROUP BY 1, 2
UNION ALL
SELECT free.pool_id, 'AVAILABLE', coalesce(key.use_by, DATE '1970-01-01'), count(*)
FROM esd_availablekey free JOIN esd_licensekey key ON key.id = free.key_id GROUP BY 1, 3
UNION ALL
SELECT key.pool_id, license.fulfillment, (license.created_at AT TIME ZONE 'UTC')::date, count(*)
FROM esd_license license JOIN esd_licensekey key ON key.id = license.key_id GROUP BY 1, 2, 3;
"""

# Rows come and go all day, as in the queue.
TUNE = """
ALTER TABLE esd_stockchange SET (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 20000,
    autovacuum_vacuum_cost_delay = 0,
    vacuum_truncate = off
);
"""


class Migration(migrations.Migration):
    dependencies = [("esd", "0004_key_imports")]

    operations = [
        migrations.AddField(
            "keypool", "low_stock_threshold", models.PositiveIntegerField(default=5)
        ),
        migrations.AddField(
            "keypool", "runway_alert_days", models.PositiveSmallIntegerField(default=0)
        ),
        migrations.AddField(
            "keypool", "staff_addresses", models.CharField(blank=True, max_length=1000)
        ),
        migrations.AddField(
            "keypool", "use_by_margin", models.PositiveSmallIntegerField(default=0)
        ),
        migrations.AddField("keypool", "withheld_before", models.DateField(null=True)),
        migrations.AddField("keypool", "low_stock_at", models.DateTimeField(null=True)),
        migrations.AddField("keypool", "low_stock_told_at", models.DateTimeField(null=True)),
        migrations.AddIndex(
            model_name="licensekey",
            index=models.Index(
                condition=models.Q(use_by__isnull=False),
                fields=["pool", "use_by"],
                name="esd_key_use_by",
            ),
        ),
        migrations.CreateModel(
            name="WithheldKey",
            fields=[
                (
                    "key",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="withheld",
                        serialize=False,
                        to="esd.LicenseKey",
                    ),
                ),
                (
                    "pool",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="withheld_keys",
                        to="esd.KeyPool",
                    ),
                ),
            ],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            name="StockChange",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("figure", models.CharField(max_length=16)),
                ("day", models.DateField()),
                ("change", models.IntegerField()),
                (
                    "pool",
                    # Without a constraint: its check would lock the pool's row at every claim.
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stock_changes",
                        to="esd.KeyPool",
                    ),
                ),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunSQL(TUNE, migrations.RunSQL.noop),
        migrations.RunSQL(
            COUNT_PLACES,
            "DROP TRIGGER esd_stock_queued ON esd_availablekey;"
            "DROP TRIGGER esd_stock_dequeued ON esd_availablekey;"
            "DROP TRIGGER esd_stock_withheld ON esd_withheldkey;"
            "DROP TRIGGER esd_stock_unwithheld ON esd_withheldkey;"
            "DROP FUNCTION esd_count_places();",
        ),
        migrations.RunSQL(
            COUNT_KEYS,
            "DROP TRIGGER esd_stock_imported ON esd_licensekey;"
            "DROP TRIGGER esd_stock_withdrawn ON esd_licensekey;"
            "DROP FUNCTION esd_count_keys(); DROP FUNCTION esd_count_withdrawn();",
        ),
        migrations.RunSQL(
            COUNT_LICENSES,
            "DROP TRIGGER esd_stock_sold ON esd_license;"
            "DROP TRIGGER esd_stock_unsold ON esd_license;"
            "DROP TRIGGER esd_stock_license_changed ON esd_license;"
            "DROP FUNCTION esd_count_licenses(); DROP FUNCTION esd_count_license_changes();",
        ),
        migrations.RunSQL(COUNT_ONCE, migrations.RunSQL.noop),
    ]
