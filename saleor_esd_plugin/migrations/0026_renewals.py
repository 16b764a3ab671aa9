"""Renewals by a paid order: policies whose units renew licenses, what is named, and how each term came to be.

Licenses that were renewed before have no row of it; what they have is where their next change begins.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

import saleor_esd_plugin.ids
from saleor_esd_plugin.host.db import check_constraint

PROTECT = django.db.models.deletion.PROTECT


def new_id():
    return models.UUIDField(
        default=saleor_esd_plugin.ids.uuid7, editable=False, primary_key=True, serialize=False
    )


def ends():
    return django.contrib.postgres.fields.ArrayField(
        base_field=models.DateTimeField(null=True), size=3
    )


class Migration(migrations.Migration):
    dependencies = [("esd", "0025_reminders")]

    operations = [
        migrations.AddField(
            "licensepolicy",
            "kind",
            models.CharField(
                choices=[("LICENSE", "License"), ("RENEWAL", "Renewal")],
                default="LICENSE",
                max_length=8,
            ),
        ),
        migrations.AddField(
            "licensepolicy",
            "renews",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=36), default=list
            ),
        ),
        migrations.AlterField(
            "licensepolicy",
            "pool",
            models.ForeignKey(
                null=True, on_delete=PROTECT, related_name="policies", to="esd.KeyPool"
            ),
        ),
        migrations.AddConstraint(
            "licensepolicy",
            check_constraint(
                Q(kind="LICENSE", pool__isnull=False, renews=[])
                | (Q(kind="RENEWAL", pool__isnull=True) & ~Q(renews=[]) & ~Q(term="")),
                "esd_policy_kind",
            ),
        ),
        migrations.AddField("licenseorderline", "is_renewal", models.BooleanField(default=False)),
        migrations.RunSQL(
            "ALTER TABLE esd_licenseorderline ALTER COLUMN is_renewal SET DEFAULT FALSE;",
            migrations.RunSQL.noop,
        ),
        migrations.AddIndex(
            "licenseorderline",
            models.Index(
                condition=Q(is_renewal=True), fields=["order"], name="esd_order_line_renewal"
            ),
        ),
        migrations.CreateModel(
            name="TermChange",
            fields=[
                ("id", new_id()),
                ("place", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                ("term", models.CharField(blank=True, max_length=32)),
                ("terms", models.PositiveSmallIntegerField(default=1)),
                ("basis", models.CharField(blank=True, max_length=20)),
                ("grace_days", models.PositiveSmallIntegerField(default=0)),
                ("retention_days", models.PositiveSmallIntegerField(default=0)),
                ("before", ends()),
                ("after", ends()),
                ("made_at", models.DateTimeField()),
                ("undone_at", models.DateTimeField(null=True)),
                (
                    "license",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=PROTECT,
                        related_name="term_changes",
                        to="esd.License",
                    ),
                ),
            ],
            options={"ordering": ("license", "place"), "default_permissions": ()},
        ),
        migrations.AddConstraint(
            "termchange",
            models.UniqueConstraint(fields=("license", "place"), name="esd_term_change_place"),
        ),
        migrations.CreateModel(
            name="LicenseRenewal",
            fields=[
                ("id", new_id()),
                ("named_at", models.DateTimeField()),
                (
                    "problem",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("CANCELLED", "Cancelled"),
                            ("LAPSED", "Lapsed"),
                            ("NOT_BEGUN", "Not Begun"),
                            ("PERPETUAL", "Perpetual"),
                            ("SHORT_TERM", "Short Term"),
                            ("OTHER_ACCOUNT", "Other Account"),
                        ],
                        max_length=16,
                    ),
                ),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "license",
                    models.ForeignKey(on_delete=PROTECT, related_name="renewals", to="esd.License"),
                ),
                (
                    "order_line",
                    models.ForeignKey(
                        on_delete=PROTECT, related_name="renewals", to="esd.LicenseOrderLine"
                    ),
                ),
                (
                    "term_change",
                    models.OneToOneField(
                        null=True,
                        on_delete=PROTECT,
                        related_name="renewal",
                        to="esd.TermChange",
                    ),
                ),
            ],
            options={"ordering": ("id",), "default_permissions": ()},
        ),
        migrations.AddConstraint(
            "licenserenewal",
            models.UniqueConstraint(
                condition=Q(ended_at=None),
                fields=("order_line", "license"),
                name="esd_renewal_once",
            ),
        ),
        migrations.AddConstraint(
            "licenserenewal",
            check_constraint(Q(term_change=None) | Q(problem=""), "esd_renewal_problem"),
        ),
        migrations.CreateModel(
            name="CheckoutRenewal",
            fields=[
                ("id", new_id()),
                ("checkout_token", models.CharField(max_length=36)),
                ("user_ref", models.CharField(max_length=36)),
                ("created_at", models.DateTimeField()),
                (
                    "license",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="esd.License",
                    ),
                ),
            ],
            options={"ordering": ("id",), "default_permissions": ()},
        ),
        migrations.AddConstraint(
            "checkoutrenewal",
            models.UniqueConstraint(
                fields=("checkout_token", "license"), name="esd_checkout_renewal_once"
            ),
        ),
        migrations.AddIndex(
            "checkoutrenewal",
            models.Index(fields=["created_at"], name="esd_checkout_renewal_age"),
        ),
    ]
