"""Files that were asked for: whose, of what, and the hash of the token that fetches each once."""

import django.contrib.postgres.fields
from django.db import migrations, models

import saleor_esd_plugin.ids
from saleor_esd_plugin.host.db import JSONField, check_constraint


class Migration(migrations.Migration):
    dependencies = [("esd", "0005_stock")]

    operations = [
        migrations.CreateModel(
            name="Export",
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
                (
                    "kind",
                    models.CharField(
                        choices=[("LICENSES", "Licenses"), ("KEYS", "Keys")], max_length=8
                    ),
                ),
                ("is_clear", models.BooleanField(default=False)),
                ("wanted", JSONField(default=dict)),
                (
                    "columns",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=32), null=True, size=None
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("actor_kind", models.CharField(max_length=10)),
                ("actor_ref", models.CharField(max_length=36)),
                (
                    "permissions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=32), default=list, size=None
                    ),
                ),
                ("token_hash", models.BinaryField(max_length=32, unique=True)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
            ],
            options={"ordering": ("id",), "default_permissions": ()},
        ),
        migrations.AddIndex(
            model_name="export",
            index=models.Index(fields=["expires_at"], name="esd_export_expires"),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=check_constraint(models.Q(kind__in=["LICENSES", "KEYS"]), "esd_export_kind"),
        ),
    ]
