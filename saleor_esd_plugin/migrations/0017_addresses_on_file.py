"""Whose word an end customer's address is. Keys go to one that staff entered only with a reason, and told of.

For those that there are, the last event that set the address says who did: an app, or somebody who may not do
so as a member of the account, was staff. Without such an event the address counts as the account's own.
"""

from django.db import migrations, models

ENTERED_BY_STAFF = """
UPDATE esd_endcustomer customer SET email_by_staff = TRUE
FROM (
    SELECT DISTINCT ON (subject_id) subject_id, actor_kind, actor_ref FROM esd_event
    WHERE type = 'end_customer.created'
        OR type = 'end_customer.updated' AND data #> '{changes,email}' IS NOT NULL
    ORDER BY subject_id, id DESC
) setter
WHERE setter.subject_id = customer.id AND (
    setter.actor_kind = 'APP'
    OR setter.actor_kind = 'USER' AND NOT EXISTS (
        SELECT FROM esd_member member
        WHERE member.account_id = customer.account_id AND member.user_ref = setter.actor_ref
            AND member.role IN ('MASTER', 'ADMINISTRATOR')
    )
)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("esd", "0016_buyer_address"),
    ]

    operations = [
        migrations.AddField(
            model_name="endcustomer",
            name="email_by_staff",
            field=models.BooleanField(default=False),
        ),
        migrations.RunSQL(ENTERED_BY_STAFF, migrations.RunSQL.noop),
    ]
