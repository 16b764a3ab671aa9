"""What ten thousand licenses of one claim were asked one by one is asked once.

A foreign key puts its question, and locks the row above, for every row. The licenses of a claim have one order
line, policy and account, so a trigger looks at these once per statement; it refuses what the keys refused, and
a license of another policy or account than its order line has. And the queue knows the use-by dates of its
keys: neither a claim nor the counting of stock reads a key's row for it.
"""

import django.db.models.deletion
from django.db import migrations, models

# The first statement locks the table: no key comes in between the copy of the dates and the new rules. Rows of
# keys change neither their dates nor their pools (0002).
QUEUE = """
ALTER TABLE esd_availablekey ADD COLUMN use_by date;
UPDATE esd_availablekey free SET use_by = key.use_by FROM esd_licensekey key
WHERE key.id = free.key_id AND key.use_by IS NOT NULL;
CREATE OR REPLACE FUNCTION esd_only_fresh_keys_for_sale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM esd_licensekey key JOIN added ON key.id = added.key_id FOR SHARE OF key;
    IF EXISTS (
        SELECT FROM added JOIN esd_licensekey key ON key.id = added.key_id
        WHERE key.revealed_at IS NOT NULL OR key.quarantined_at IS NOT NULL
            OR key.revoked_at IS NOT NULL OR key.pool_id <> added.pool_id
    ) THEN
        RAISE EXCEPTION 'esd: a key that was revealed, quarantined or revoked is not for sale';
    END IF;
    IF EXISTS (
        SELECT FROM added JOIN esd_licensekey key ON key.id = added.key_id
        WHERE key.use_by IS DISTINCT FROM added.use_by
    ) THEN
        RAISE EXCEPTION 'esd: a key is for sale with its own use-by date';
    END IF;
    RETURN NULL;
END $$;
"""
QUEUE_BEFORE = """
CREATE OR REPLACE FUNCTION esd_only_fresh_keys_for_sale() RETURNS trigger LANGUAGE plpgsql AS $$
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
ALTER TABLE esd_availablekey DROP COLUMN use_by;
"""

COUNT_QUEUE = """
CREATE FUNCTION esd_count_queue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO esd_stockchange (pool_id, figure, day, change)
    SELECT pool_id, 'AVAILABLE', coalesce(use_by, DATE '1970-01-01'),
        CASE TG_OP WHEN 'DELETE' THEN -count(*) ELSE count(*) END
    FROM changed GROUP BY pool_id, use_by;
    RETURN NULL;
END $$;
DROP TRIGGER esd_stock_queued ON esd_availablekey;
DROP TRIGGER esd_stock_dequeued ON esd_availablekey;
CREATE TRIGGER esd_stock_queued AFTER INSERT ON esd_availablekey
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION esd_count_queue();
CREATE TRIGGER esd_stock_dequeued AFTER DELETE ON esd_availablekey
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION esd_count_queue();
"""
COUNT_QUEUE_BEFORE = """
DROP TRIGGER esd_stock_queued ON esd_availablekey;
DROP TRIGGER esd_stock_dequeued ON esd_availablekey;
DROP FUNCTION esd_count_queue();
CREATE TRIGGER esd_stock_queued AFTER INSERT ON esd_availablekey
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION esd_count_places('AVAILABLE');
CREATE TRIGGER esd_stock_dequeued AFTER DELETE ON esd_availablekey
    REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION esd_count_places('AVAILABLE');
"""

# Of the rows above a license: its key is never deleted (0002), and one that does not exist has no pool to be
# counted in (0005). Its line stays with its policy and order, and the order with its account; foreign keys of
# those two keep policy, order and account.
LICENSES = """
CREATE FUNCTION esd_license_belongs() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    made record;
    its_order uuid;
BEGIN
    FOR made IN SELECT DISTINCT order_line_id, policy_id, account_id FROM added LOOP
        -- The lock of a foreign key: who deletes the line waits, who changes it does not.
        SELECT order_id INTO its_order FROM esd_licenseorderline
        WHERE id = made.order_line_id AND policy_id = made.policy_id FOR KEY SHARE;
        -- Not in one query: its plan is kept, and might read all orders of the account.
        PERFORM FROM esd_licenseorder WHERE id = its_order AND account_id = made.account_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'esd: a license has the policy of its order line and the account of its order'
                USING ERRCODE = 'foreign_key_violation';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER esd_license_belongs AFTER INSERT ON esd_license
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION esd_license_belongs();

CREATE FUNCTION esd_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'esd: %', TG_ARGV[0] USING ERRCODE = 'foreign_key_violation';
END $$;
CREATE TRIGGER esd_license_stays BEFORE UPDATE ON esd_license FOR EACH ROW
    WHEN ((NEW.order_line_id, NEW.policy_id, NEW.account_id)
        IS DISTINCT FROM (OLD.order_line_id, OLD.policy_id, OLD.account_id))
    EXECUTE FUNCTION esd_stays('a license keeps its order line, policy and account');
CREATE TRIGGER esd_order_line_stays BEFORE UPDATE ON esd_licenseorderline FOR EACH ROW
    WHEN ((NEW.id, NEW.order_id, NEW.policy_id) IS DISTINCT FROM (OLD.id, OLD.order_id, OLD.policy_id))
    EXECUTE FUNCTION esd_stays('an order line keeps its order and policy');
CREATE FUNCTION esd_order_line_is_needed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM esd_license WHERE order_line_id = OLD.id) THEN
        RAISE EXCEPTION 'esd: an order line with licenses is not deleted'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER esd_order_line_is_needed BEFORE DELETE ON esd_licenseorderline
    FOR EACH ROW EXECUTE FUNCTION esd_order_line_is_needed();

CREATE FUNCTION esd_order_keeps_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM esd_licenseorderline line JOIN esd_license license ON license.order_line_id = line.id
        WHERE line.order_id = OLD.id
    ) THEN
        RAISE EXCEPTION 'esd: an order with licenses keeps its account'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER esd_order_keeps_account BEFORE UPDATE ON esd_licenseorder FOR EACH ROW
    WHEN (NEW.account_id IS DISTINCT FROM OLD.account_id)
    EXECUTE FUNCTION esd_order_keeps_account();
"""
LICENSES_BEFORE = """
DROP TRIGGER esd_order_keeps_account ON esd_licenseorder;
DROP FUNCTION esd_order_keeps_account();
DROP TRIGGER esd_order_line_is_needed ON esd_licenseorderline;
DROP FUNCTION esd_order_line_is_needed();
DROP TRIGGER esd_order_line_stays ON esd_licenseorderline;
DROP TRIGGER esd_license_stays ON esd_license;
DROP FUNCTION esd_stays();
DROP TRIGGER esd_license_belongs ON esd_license;
DROP FUNCTION esd_license_belongs();
"""


def without_constraint(name, to, **options):
    return migrations.AlterField(
        model_name="license",
        name=name,
        field=models.ForeignKey(
            db_constraint=False,
            on_delete=django.db.models.deletion.PROTECT,
            related_name="licenses",
            to=to,
            **options,
        ),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("esd", "0010_indexes"),
    ]

    operations = [
        # A table of its own SQL (0002), so that this only tells Django.
        migrations.AddField("availablekey", "use_by", models.DateField(null=True)),
        migrations.RunSQL(QUEUE, QUEUE_BEFORE),
        migrations.RunSQL(COUNT_QUEUE, COUNT_QUEUE_BEFORE),
        # Before the foreign keys go: nothing unknown comes in between.
        migrations.RunSQL(LICENSES, LICENSES_BEFORE),
        without_constraint("account", "esd.Account", db_index=False),
        without_constraint("key", "esd.LicenseKey"),
        without_constraint("order_line", "esd.LicenseOrderLine"),
        without_constraint("policy", "esd.LicensePolicy"),
    ]
