"""Money events: what payment providers told, how the money of an order stands, suspension."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import saleor_esd_plugin.ids
from saleor_esd_plugin.host.db import check_constraint


class Migration(migrations.Migration):
    dependencies = [
        ("esd", "0002_database_rules"),
    ]

    operations = [
        migrations.AlterField(
            model_name="delivery",
            name="kind",
            field=models.CharField(max_length=20),
        ),
        migrations.CreateModel(
            name="InboundEvent",
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
                ("provider", models.CharField(max_length=32)),
                ("event_id", models.CharField(max_length=255)),
                ("type", models.CharField(max_length=64)),
                (
                    "outcome",
                    models.CharField(
                        choices=[("ACCEPTED", "Accepted"), ("MISMATCH", "Mismatch")], max_length=16
                    ),
                ),
                ("occurred_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
            ],
            options={
                "ordering": ("id",),
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="PaymentFact",
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
                ("provider", models.CharField(max_length=32)),
                ("payment_ref", models.CharField(db_index=True, max_length=255)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("CAPTURED", "Captured"),
                            ("FAILED", "Failed"),
                            ("REFUNDED", "Refunded"),
                            ("DISPUTE", "Dispute"),
                        ],
                        max_length=16,
                    ),
                ),
                ("ref", models.CharField(max_length=255)),
                ("currency", models.CharField(max_length=3)),
                ("amount", models.DecimalField(decimal_places=4, default=0, max_digits=20)),
                (
                    "stage",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "Inquiry"),
                            (2, "Open"),
                            (3, "Withdrawn"),
                            (4, "Closed"),
                            (5, "Won"),
                            (6, "Lost"),
                        ],
                        null=True,
                    ),
                ),
                ("noted_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "ordering": ("id",),
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="license",
            name="suspended_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="license",
            name="suspension_causes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=10), default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="licenseorder",
            name="total",
            field=models.DecimalField(decimal_places=4, default=0, max_digits=20),
        ),
        migrations.AddField(
            model_name="licenseorder",
            name="captured",
            field=models.DecimalField(decimal_places=4, default=0, max_digits=20),
        ),
        migrations.AddField(
            model_name="licenseorder",
            name="charged_back",
            field=models.DecimalField(decimal_places=4, default=0, max_digits=20),
        ),
        migrations.AddField(
            model_name="licenseorder",
            name="currency",
            field=models.CharField(blank=True, max_length=3),
        ),
        migrations.AddField(
            model_name="licenseorder",
            name="disputed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="licenseorder",
            name="open_refund",
            field=models.DecimalField(decimal_places=4, default=0, max_digits=20),
        ),
        migrations.AddField(
            model_name="licenseorder",
            name="refunded",
            field=models.DecimalField(decimal_places=4, default=0, max_digits=20),
        ),
        migrations.AddField(
            model_name="licenseorder",
            name="settled_refund",
            field=models.DecimalField(decimal_places=4, default=0, max_digits=20),
        ),
        migrations.AddIndex(
            model_name="licenseorder",
            index=models.Index(
                condition=models.Q(_negated=True, disputed_at=None),
                fields=["disputed_at"],
                name="esd_order_disputed",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(actor_kind="PROVIDER"),
                fields=["request_id"],
                name="esd_event_message",
            ),
        ),
        migrations.AddIndex(
            model_name="licenseorder",
            index=models.Index(
                condition=models.Q(
                    ("refunded__gt", 0),
                    ("charged_back__gt", 0),
                    ("refunded_at__isnull", False),
                    _connector="OR",
                ),
                fields=["ordered_at", "id"],
                name="esd_order_refunded",
            ),
        ),
        migrations.AddIndex(
            model_name="licenseorder",
            index=models.Index(
                condition=models.Q(open_refund__gt=0),
                fields=["ordered_at", "id"],
                name="esd_order_open_refund",
            ),
        ),
        migrations.AddConstraint(
            model_name="license",
            constraint=check_constraint(
                models.Q(
                    models.Q(("suspended_at", None), ("suspension_causes", [])),
                    models.Q(
                        ("suspended_at__isnull", False),
                        models.Q(_negated=True, suspension_causes=[]),
                    ),
                    _connector="OR",
                ),
                "esd_license_suspended",
            ),
        ),
        migrations.AddField(
            model_name="paymentfact",
            name="order",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="payment_facts",
                to="esd.LicenseOrder",
            ),
        ),
        migrations.AddIndex(
            model_name="inboundevent",
            index=models.Index(fields=["received_at"], name="esd_inbound_received"),
        ),
        migrations.AddConstraint(
            model_name="inboundevent",
            constraint=models.UniqueConstraint(
                fields=("provider", "event_id"), name="esd_inbound_event"
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentfact",
            constraint=models.UniqueConstraint(
                fields=("provider", "kind", "ref", "currency"), name="esd_payment_fact"
            ),
        ),
    ]
