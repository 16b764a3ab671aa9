"""One index instead of two for a license's line and key, none for its policy: a claim keeps four, not seven.

An index of live licenses kept "never twice", a second one found those that ended as well. Now one does both: a
live license takes the place that all live ones share, one that ended a place of its own. Licenses of a policy
are found by way of their lines.
"""

import django.db.models.deletion
from django.db import migrations, models

# Not in the models: neither host's Django knows unique constraints of expressions alike.
PLACE = """(CASE WHEN fulfillment IN ('REJECTED', 'RETURNED') THEN id
    ELSE '00000000-0000-0000-0000-000000000000'::uuid END)"""
INDEXES = f"""
CREATE UNIQUE INDEX esd_license_unit ON esd_license (order_line_id, unit_index, {PLACE});
CREATE UNIQUE INDEX esd_license_key ON esd_license (key_id, {PLACE});
"""
INDEXES_BEFORE = """
DROP INDEX esd_license_unit;
DROP INDEX esd_license_key;
"""

# Two functions that refuse what they refused before, by other look-ups: on the way back they stay as they are.
FRESH = """
CREATE OR REPLACE FUNCTION esd_only_fresh_keys_for_sale() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    words text;
BEGIN
    -- A sub-select for each row, not a join: a plan that was made for a large import and kept would read the
    -- whole table for every key that is given back.
    SELECT max((
        SELECT CASE
            WHEN key.revealed_at IS NOT NULL OR key.quarantined_at IS NOT NULL
                OR key.revoked_at IS NOT NULL OR key.pool_id <> added.pool_id
            THEN 'a key that was revealed, quarantined or revoked is not for sale'
            WHEN key.use_by IS DISTINCT FROM added.use_by
            THEN 'a key is for sale with its own use-by date'
        END
        FROM esd_licensekey key WHERE key.id = added.key_id FOR SHARE
    )) INTO words FROM added;
    IF words IS NOT NULL THEN
        RAISE EXCEPTION 'esd: %', words;
    END IF;
    RETURN NULL;
END $$;
"""
# Both rows are looked up by id and compared afterwards: a query that also names the policy or the account may
# read every line of that policy, or every order of that account, as long as its plan is kept.
BELONGS = """
CREATE OR REPLACE FUNCTION esd_license_belongs() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    made record;
    line record;
    its_account uuid;
BEGIN
    FOR made IN SELECT DISTINCT order_line_id, policy_id, account_id FROM added LOOP
        -- The lock of a foreign key: who deletes the line waits, who changes it does not.
        SELECT order_id, policy_id INTO line FROM esd_licenseorderline
        WHERE id = made.order_line_id FOR KEY SHARE;
        SELECT account_id INTO its_account FROM esd_licenseorder WHERE id = line.order_id;
        IF line.policy_id IS DISTINCT FROM made.policy_id
            OR its_account IS DISTINCT FROM made.account_id
        THEN
            RAISE EXCEPTION 'esd: a license has the policy of its order line and the account of its order'
                USING ERRCODE = 'foreign_key_violation';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
"""


def without_index(name, to, on_delete=django.db.models.deletion.PROTECT):
    return migrations.AlterField(
        model_name="license",
        name=name,
        field=models.ForeignKey(
            db_constraint=False,
            db_index=False,
            on_delete=on_delete,
            related_name="licenses",
            to=to,
        ),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("esd", "0011_checks_per_statement"),
    ]

    operations = [
        # The first one locks the table until the end: no license comes in without its index.
        migrations.RemoveConstraint("license", "esd_license_unit"),
        migrations.RemoveConstraint("license", "esd_license_key"),
        without_index("key", "esd.LicenseKey"),
        without_index("order_line", "esd.LicenseOrderLine"),
        without_index("policy", "esd.LicensePolicy", django.db.models.deletion.DO_NOTHING),
        migrations.RunSQL(INDEXES, INDEXES_BEFORE),
        migrations.RunSQL(BELONGS, migrations.RunSQL.noop),
        migrations.RunSQL(FRESH, migrations.RunSQL.noop),
    ]
