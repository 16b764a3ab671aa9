"""Ranked pools: which pools a policy draws on before its own, by who buys."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import saleor_esd_plugin.ids


class Migration(migrations.Migration):
    dependencies = [
        ("esd", "0007_replacements"),
    ]

    operations = [
        migrations.AddField(
            model_name="licenseorder",
            name="channel",
            field=models.CharField(max_length=255, null=True),
        ),
        migrations.AddField(
            model_name="licenseorder",
            name="country",
            field=models.CharField(max_length=2, null=True),
        ),
        migrations.AddField(
            model_name="licensepolicy",
            name="falls_back",
            field=models.BooleanField(default=True),
        ),
        migrations.CreateModel(
            name="RankedPool",
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
                ("rank", models.PositiveSmallIntegerField()),
                (
                    "channels",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=255), default=list, size=None
                    ),
                ),
                (
                    "countries",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=2), default=list, size=None
                    ),
                ),
                (
                    "accounts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), default=list, size=None
                    ),
                ),
                (
                    "policy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ranked_pools",
                        to="esd.LicensePolicy",
                    ),
                ),
                (
                    "pool",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ranks",
                        to="esd.KeyPool",
                    ),
                ),
            ],
            options={
                "ordering": ("policy", "rank"),
                "default_permissions": (),
            },
        ),
        migrations.AddConstraint(
            model_name="rankedpool",
            constraint=models.UniqueConstraint(
                fields=("policy", "rank"), name="esd_ranked_pool_rank"
            ),
        ),
    ]
