"""Replaced keys: which license had which key before, why, by whom, when."""

import django.db.models.deletion
from django.db import migrations, models

import saleor_esd_plugin.ids


class Migration(migrations.Migration):
    dependencies = [("esd", "0006_exports")]

    operations = [
        migrations.CreateModel(
            name="KeyReplacement",
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
                ("reason", models.CharField(max_length=500)),
                ("replaced_by", models.CharField(blank=True, max_length=254)),
                ("replaced_at", models.DateTimeField()),
                (
                    "license",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="key_replacements",
                        to="esd.License",
                    ),
                ),
                (
                    "new_key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="esd.LicenseKey",
                    ),
                ),
                (
                    "old_key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replacements",
                        to="esd.LicenseKey",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
                "default_permissions": (),
            },
        ),
        migrations.AddConstraint(
            model_name="keyreplacement",
            constraint=models.UniqueConstraint(fields=("old_key",), name="esd_key_replaced_once"),
        ),
    ]
