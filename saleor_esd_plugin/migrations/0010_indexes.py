"""Fewer indexes for a checkout and a claim to keep: twins of others, and those for LIKE that nothing asks for."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("esd", "0009_reservations"),
    ]

    operations = [
        migrations.AlterField(
            model_name="license",
            name="account",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="licenses",
                to="esd.Account",
            ),
        ),
        migrations.AlterField(
            model_name="license",
            name="end_customer",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="licenses",
                to="esd.EndCustomer",
            ),
        ),
        migrations.AlterField(
            model_name="licensekey",
            name="pool",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="keys",
                to="esd.KeyPool",
            ),
        ),
        migrations.AlterField(
            model_name="licenseorder",
            name="account",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="orders",
                to="esd.Account",
            ),
        ),
        migrations.AlterField(
            model_name="licenseorder",
            name="checkout_token",
            field=models.CharField(blank=True, max_length=36),
        ),
        migrations.AlterField(
            model_name="licenseorderline",
            name="order_line_ref",
            field=models.CharField(max_length=36),
        ),
        migrations.AlterField(
            model_name="licenseorderline",
            name="variant_ref",
            field=models.CharField(max_length=36),
        ),
        migrations.AddIndex(
            model_name="license",
            index=models.Index(
                condition=models.Q(end_customer__isnull=False),
                fields=["end_customer"],
                name="esd_license_end_customer",
            ),
        ),
        migrations.AddIndex(
            model_name="licensekey",
            index=models.Index(fields=["pool", "id"], name="esd_key_pool"),
        ),
        migrations.AddIndex(
            model_name="licenseorder",
            index=models.Index(fields=["checkout_token"], name="esd_order_checkout"),
        ),
        migrations.AddIndex(
            model_name="licenseorderline",
            index=models.Index(fields=["variant_ref"], name="esd_order_line_variant"),
        ),
        migrations.AddConstraint(
            model_name="licenseorderline",
            constraint=models.UniqueConstraint(
                fields=("order_line_ref",), name="esd_order_line_once"
            ),
        ),
    ]
