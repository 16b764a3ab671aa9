"""Keys that are set aside for checkouts; they are counted as the others are."""

import django.db.models.deletion
from django.db import migrations, models

import saleor_esd_plugin.ids

# By the function of 0005: it counts rows of any table with `pool_id` and `key_id`.
COUNT = """
CREATE TRIGGER esd_stock_kept AFTER INSERT ON esd_reservedkey
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION esd_count_places('RESERVED');
CREATE TRIGGER esd_stock_unkept AFTER DELETE ON esd_reservedkey
    REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION esd_count_places('RESERVED');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("esd", "0008_ranked_pools"),
    ]

    operations = [
        migrations.CreateModel(
            name="Reservation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=saleor_esd_plugin.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("checkout_token", models.CharField(max_length=36, unique=True)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(db_index=True)),
            ],
            options={
                "ordering": ("id",),
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="ReservedKey",
            fields=[
                (
                    "key",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="reserved",
                        serialize=False,
                        to="esd.LicenseKey",
                    ),
                ),
                ("policy_id", models.UUIDField()),
                (
                    "pool",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        db_constraint=False,
                        related_name="reserved_keys",
                        to="esd.KeyPool",
                    ),
                ),
                (
                    "reservation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="keys",
                        to="esd.Reservation",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.RunSQL(
            COUNT,
            "DROP TRIGGER esd_stock_kept ON esd_reservedkey;"
            "DROP TRIGGER esd_stock_unkept ON esd_reservedkey;",
        ),
    ]
