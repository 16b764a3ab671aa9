"""Large imports: their rows wait in sealed chunks until a worker has loaded them."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import saleor_esd_plugin.ids
from saleor_esd_plugin.host.db import JSONField

_ID = models.UUIDField(
    default=saleor_esd_plugin.ids.uuid7, editable=False, primary_key=True, serialize=False
)

# Ciphertexts and digests do not get smaller, and trying costs time.
NOT_COMPRESSED = """
ALTER TABLE esd_keyimportchunk ALTER COLUMN ciphertext SET STORAGE EXTERNAL;
ALTER TABLE esd_keyimportchunk ALTER COLUMN digests SET STORAGE EXTERNAL;
"""


class Migration(migrations.Migration):
    dependencies = [("esd", "0003_money_events")]

    operations = [
        migrations.CreateModel(
            name="KeyImport",
            fields=[
                ("id", _ID.clone()),
                (
                    "pool",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="esd.KeyPool",
                    ),
                ),
                ("pools", JSONField(default=list)),
                ("source", models.CharField(max_length=8)),
                ("is_dry_run", models.BooleanField()),
                ("skip_invalid", models.BooleanField()),
                ("file_name", models.CharField(blank=True, max_length=255)),
                ("supplier", models.CharField(blank=True, max_length=128)),
                ("purchase_reference", models.CharField(blank=True, max_length=128)),
                ("use_by", models.DateField(null=True)),
                ("sha256", models.CharField(max_length=64)),
                ("rows", models.PositiveIntegerField()),
                ("actor_kind", models.CharField(max_length=16)),
                ("actor_ref", models.CharField(blank=True, max_length=36)),
                ("actor_label", models.CharField(blank=True, max_length=254)),
                ("problem", models.CharField(blank=True, max_length=255)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("IMPORTED", "Imported"),
                            ("CHECKED", "Checked"),
                            ("REFUSED", "Refused"),
                            ("REPEATED", "Repeated"),
                        ],
                        max_length=8,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("heartbeat_at", models.DateTimeField()),
                ("checked_at", models.DateTimeField(null=True)),
                ("stopped_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={"ordering": ("id",), "default_permissions": ()},
        ),
        migrations.CreateModel(
            name="KeyImportChunk",
            fields=[
                ("id", _ID.clone()),
                (
                    "key_import",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chunks",
                        to="esd.KeyImport",
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("rows", models.PositiveIntegerField()),
                ("ciphertext", models.BinaryField(null=True)),
                ("digests", models.BinaryField(null=True)),
                (
                    "duplicates",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), default=list, size=None
                    ),
                ),
                ("report", JSONField(default=dict)),
                ("accepted", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
                ("seconds", models.FloatField(default=0)),
                ("checked_at", models.DateTimeField(null=True)),
                ("loaded_at", models.DateTimeField(null=True)),
            ],
            options={"ordering": ("id",), "default_permissions": ()},
        ),
        migrations.RunSQL(NOT_COMPRESSED, migrations.RunSQL.noop),
        migrations.AddField(
            model_name="keybatch",
            name="key_import",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="batches",
                to="esd.KeyImport",
            ),
        ),
        migrations.AddField(
            model_name="keybatch",
            name="cost",
            field=models.DecimalField(decimal_places=4, default=0, max_digits=20),
        ),
        migrations.AddField(
            model_name="keybatch",
            name="costed",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddConstraint(
            model_name="keyimportchunk",
            constraint=models.UniqueConstraint(
                fields=("key_import", "number"), name="esd_chunk_once"
            ),
        ),
        migrations.AddIndex(
            model_name="keyimport",
            index=models.Index(
                condition=models.Q(("finished_at", None), ("stopped_at", None)),
                fields=["heartbeat_at"],
                name="esd_import_under_way",
            ),
        ),
    ]
