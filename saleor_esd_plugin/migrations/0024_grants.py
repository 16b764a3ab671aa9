"""Orders that are none of the shop: staff give licenses. Until now all were the shop's.

The default stays in the database, so that no row is rewritten, and a checkout's statement, also that of a worker of
the old code that still runs, need not name the column.
"""

from django.db import migrations, models

NUMBERS = """
CREATE SEQUENCE esd_grant_number OWNED BY esd_licenseorder.number;
"""


class Migration(migrations.Migration):
    dependencies = [("esd", "0023_subjects")]

    operations = [
        migrations.AddField(
            "licenseorder",
            "origin",
            models.CharField(
                choices=[("SHOP", "Shop"), ("GRANT", "Grant")], default="SHOP", max_length=12
            ),
        ),
        migrations.RunSQL(
            "ALTER TABLE esd_licenseorder ALTER COLUMN origin SET DEFAULT 'SHOP';",
            migrations.RunSQL.noop,
        ),
        migrations.AddIndex(
            "licenseorder",
            models.Index(
                condition=models.Q(origin="GRANT"),
                fields=["ordered_at", "id"],
                name="esd_order_granted",
            ),
        ),
        migrations.RunSQL(NUMBERS, "DROP SEQUENCE esd_grant_number;"),
    ]
