"""Why staff decide on a line, and since when a policy says so: a change of it is for orders from then on.

Lines that wait are told apart once, as the policy has it at this moment; a worker of the old code that still runs
leaves the column empty, and the sweep fills it.
"""

import django.contrib.postgres.fields
from django.db import migrations, models

REASONS = ["POLICY_MANUAL", "QUANTITY", "FIRST_ORDER", "POLICY_CHANGED", "DUPLICATE_CHECKOUT"]

# Of RULES that found nothing to ask, the sweep would have approved the order within a minute: it was the first.
WAITING = """
UPDATE esd_licenseorderline line SET approval_reasons = CASE
    WHEN policy.approval = 'MANUAL' THEN ARRAY['POLICY_MANUAL']
    WHEN policy.approval = 'AUTOMATIC' THEN ARRAY[]::text[]
    WHEN line.quantity > policy.approval_quantity THEN ARRAY['QUANTITY']
    WHEN policy.approves_first_order_manually THEN ARRAY['FIRST_ORDER']
    ELSE ARRAY[]::text[] END
FROM esd_licenseorder shop_order, esd_licensepolicy policy
WHERE shop_order.id = line.order_id AND policy.id = line.policy_id
    AND shop_order.approval IN ('PENDING', 'PARTIALLY_APPROVED')
    AND line.quantity > line.approved + line.withdrawn AND line.allocated_at IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [
        ("esd", "0014_failed_refunds"),
    ]

    operations = [
        migrations.AddField(
            "licenseorderline",
            "approval_reasons",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[(name, name.replace("_", " ").title()) for name in REASONS],
                    max_length=20,
                ),
                null=True,
                size=None,
            ),
        ),
        migrations.AddField(
            "licensepolicy", "approval_changed_at", models.DateTimeField(null=True)
        ),
        migrations.RunSQL(WAITING, migrations.RunSQL.noop),
    ]
