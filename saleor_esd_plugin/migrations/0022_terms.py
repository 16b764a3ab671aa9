"""Where grace and retention of a license end stands on the license: changing a policy changes none that exists.

And what suspending, cancelling and renewing need to know.
"""

import django.contrib.postgres.fields
from django.db import migrations, models
from django.db.models import F, Q

import saleor_esd_plugin.host.db
import saleor_esd_plugin.ids
import saleor_esd_plugin.licenses.policies.models
from saleor_esd_plugin.host.db import check_constraint

# A policy whose grace was longer than 120 days keeps what it says.
POLICIES = "UPDATE esd_licensepolicy SET retention_days = grace_days WHERE grace_days > 120;"
TERMS = """
UPDATE esd_license license SET
    grace_until = least(expires_at + policy.grace_days * interval '1 day', '9999-12-31 23:59:59+00'),
    retained_until = least(expires_at + policy.retention_days * interval '1 day', '9999-12-31 23:59:59+00')
FROM esd_licensepolicy policy
WHERE policy.id = license.policy_id AND license.expires_at IS NOT NULL;
"""


def of_license(name, field):
    return migrations.AddField("license", name, field)


def of_policy(name, field):
    return migrations.AddField("licensepolicy", name, field)


class Migration(migrations.Migration):
    dependencies = [
        ("esd", "0021_failing_steps"),
    ]

    operations = [
        of_policy(
            "renewal_basis",
            models.CharField(
                choices=[
                    ("FROM_EXPIRY", "From Expiry"),
                    ("FROM_NOW", "From Now"),
                    ("FROM_NOW_IF_EXPIRED", "From Now If Expired"),
                ],
                default="FROM_EXPIRY",
                max_length=20,
            ),
        ),
        of_policy("retention_days", models.PositiveSmallIntegerField(default=120)),
        of_policy(
            "suspension_clock",
            models.CharField(
                choices=[("RUNS", "Runs"), ("STOPS", "Stops")], default="RUNS", max_length=5
            ),
        ),
        of_policy("transfers_per_30_days", models.PositiveSmallIntegerField(null=True)),
        of_policy(
            "reminder_offsets",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.SmallIntegerField(),
                default=saleor_esd_plugin.licenses.policies.models.default_offsets,
                size=None,
            ),
        ),
        of_license("grace_until", models.DateTimeField(null=True)),
        of_license("retained_until", models.DateTimeField(null=True)),
        of_license("suspended_until", models.DateTimeField(null=True)),
        of_license("stopped_until", models.DateTimeField(null=True)),
        of_license("suspension_reason", models.CharField(max_length=40, null=True)),
        of_license("suspension_note", models.CharField(max_length=500, null=True)),
        of_license("reason_code", models.CharField(max_length=40, null=True)),
        migrations.RunSQL(POLICIES, migrations.RunSQL.noop),
        migrations.RunSQL(TERMS, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "license",
            check_constraint(
                Q(expires_at=None, grace_until=None, retained_until=None)
                | Q(
                    expires_at__isnull=False,
                    grace_until__isnull=False,
                    retained_until__isnull=False,
                    expires_at__lte=F("grace_until"),
                    grace_until__lte=F("retained_until"),
                ),
                "esd_license_term",
            ),
        ),
        migrations.AddIndex(
            "license",
            models.Index(
                condition=Q(suspended_until__isnull=False),
                fields=["suspended_until"],
                name="esd_license_suspended_until",
            ),
        ),
        migrations.CreateModel(
            name="LicenseReason",
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
                ("code", models.CharField(max_length=40, unique=True)),
                (
                    "actions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("SUSPEND", "Suspend"),
                                ("REINSTATE", "Reinstate"),
                                ("CANCEL", "Cancel"),
                            ],
                            max_length=10,
                        ),
                        size=None,
                    ),
                ),
                ("needs_note", models.BooleanField(default=False)),
                ("texts", saleor_esd_plugin.host.db.JSONField(default=dict)),
                ("archived_at", models.DateTimeField(null=True)),
            ],
            options={"ordering": ("code",), "default_permissions": ()},
        ),
    ]
