"""Refunds as facts of their own, with the moments by the provider's clock; units that left for money that stayed."""

from django.db import migrations, models

# What was heard so far is not older than that; and what went back so far seemed to be gone.
AS_BEFORE = """
UPDATE esd_paymentfact SET told_at = changed_at WHERE kind = 'REFUNDED';
UPDATE esd_licenseorder SET peak_refund = refunded + charged_back
WHERE refunded > 0 OR charged_back > 0;
"""


def amount(name):
    return migrations.AddField(
        "licenseorder", name, models.DecimalField(decimal_places=4, default=0, max_digits=20)
    )


def moment(name):
    return migrations.AddField("paymentfact", name, models.DateTimeField(null=True))


class Migration(migrations.Migration):
    dependencies = [
        ("esd", "0013_queue_is_managed"),
    ]

    operations = [
        amount("failed_refund"),
        amount("peak_refund"),
        migrations.AddField(
            "paymentfact", "charge_ref", models.CharField(blank=True, default="", max_length=255)
        ),
        moment("told_at"),
        moment("began_at"),
        moment("ended_at"),
        migrations.AlterField(
            "paymentfact",
            "kind",
            models.CharField(
                choices=[
                    ("CAPTURED", "Captured"),
                    ("FAILED", "Failed"),
                    ("REFUNDED", "Refunded"),
                    ("REFUND", "Refund"),
                    ("DISPUTE", "Dispute"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField("paymentfact", "stage", models.PositiveSmallIntegerField(null=True)),
        migrations.AddIndex(
            "licenseorder",
            models.Index(
                condition=models.Q(failed_refund__gt=0),
                fields=["ordered_at", "id"],
                name="esd_order_failed_refund",
            ),
        ),
        migrations.RunSQL(AS_BEFORE, migrations.RunSQL.noop),
    ]
