"""Reminders of expiries: which were told to whom, who wants none, and since when an expiry stands.

No license of today gets what is due already: reminders begin with the day of the first sweep.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

import saleor_esd_plugin.ids


class Migration(migrations.Migration):
    dependencies = [("esd", "0024_grants")]

    operations = [
        migrations.AddField("license", "term_set_at", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "license",
            models.Index(
                condition=Q(expires_at__isnull=False),
                fields=["expires_at"],
                name="esd_license_expires",
            ),
        ),
        migrations.AddField("signsoflife", "reminded_on", models.DateField(null=True)),
        migrations.CreateModel(
            name="Reminder",
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
                ("expires_at", models.DateTimeField()),
                ("days_before", models.SmallIntegerField()),
                ("address", models.CharField(blank=True, max_length=254)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("MAILED", "Mailed"),
                            ("MISSED", "Missed"),
                            ("OPTED_OUT", "Opted Out"),
                            ("NO_ADDRESS", "No Address"),
                        ],
                        max_length=10,
                    ),
                ),
                ("due_at", models.DateTimeField()),
                ("created_at", models.DateTimeField()),
                (
                    "event",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reminders",
                        to="esd.Event",
                    ),
                ),
                (
                    "license",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reminders",
                        to="esd.License",
                    ),
                ),
            ],
            options={"ordering": ("id",), "default_permissions": ()},
        ),
        migrations.AddConstraint(
            "reminder",
            models.UniqueConstraint(
                fields=("license", "expires_at", "days_before", "address"),
                name="esd_reminder_once",
            ),
        ),
        migrations.CreateModel(
            name="ReminderOptOut",
            fields=[
                (
                    "address",
                    models.CharField(max_length=254, primary_key=True, serialize=False),
                ),
                ("created_at", models.DateTimeField()),
            ],
            options={"default_permissions": ()},
        ),
    ]
